"""Palermo: from a referral to the review of the whole response against human trafficking."""

import os

# Workbooks come from outside: openpyxl reads them with defusedxml, and would pass it over for lxml where that is there.
os.environ["OPENPYXL_LXML"] = "False"
