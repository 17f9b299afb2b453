"""Referrals from a partner's file.

`tables` reads the file, `rows` tells what a row says, and `taking` keeps it or says why not.
"""
