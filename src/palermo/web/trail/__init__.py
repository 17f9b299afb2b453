"""Who has looked? The audit trail as those read it who answer for it."""
