"""The site: carries what `domain` decides to people, and keeps what they do in PostgreSQL."""
