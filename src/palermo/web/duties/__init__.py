"""What must be done by when, who is told when it is not, and since when has the force known?"""
