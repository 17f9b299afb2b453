"""Who has been told of what, and has the message left? Notices on the page and by e-mail."""
