"""Numbers in, numbers out: no web, no database, no names of people."""
