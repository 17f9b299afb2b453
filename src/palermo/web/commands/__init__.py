"""The commands that keep something: they need the database, so they stand with the site.

`django_ready` comes first in each: it finds or starts the database and sets Django up.
"""

import os
from pathlib import Path


def django_ready() -> None:
    """Set Django up on `DATABASE_URL`, or on the embedded server, started here if it does not run yet."""
    if "DATABASE_URL" not in os.environ:
        # only here: with DATABASE_URL, nothing of the embedded server is needed
        from palermo.web import embedded

        var = Path(os.environ.get("PALERMO_VAR", "var")).resolve()
        var.mkdir(parents=True, exist_ok=True)
        os.environ["DATABASE_URL"] = embedded.start(var)
    import django

    django.setup()
