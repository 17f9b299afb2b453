"""The duty-to-investigate file: who knew what, when, and what was decided and why?"""
