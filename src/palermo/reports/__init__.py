"""Sections and tables in, a document for people out: as a page, as PDF, and as data."""
