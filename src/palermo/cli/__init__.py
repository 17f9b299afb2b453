"""The same decisions on files, without the site."""
