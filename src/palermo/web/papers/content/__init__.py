"""What is in a file that somebody sent, and may it be kept? Nothing here knows of the site or its database."""
