"""Which unit draws on which other unit, for what, and with what answer?"""
