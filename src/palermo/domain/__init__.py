"""What law and policy say: pure functions and frozen values, with the day and the pack always given."""
