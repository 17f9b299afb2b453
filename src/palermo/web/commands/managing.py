"""`palermo manage`: Django's own commands, for whoever operates the site."""

import os
import sys
from typing import Annotated

import typer

from palermo.web.commands import django_ready

# these look at the code alone: they must work where no database is
WITHOUT_DATABASE = {"makemigrations", "collectstatic"}


def manage(words: Annotated[list[str], typer.Argument(help="the command and its options")]) -> None:
    """Run one of Django's management commands on Palermo's database.

    Example: `palermo manage migrate`
    """
    if words[0] in WITHOUT_DATABASE:
        os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    django_ready()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["palermo manage", *words])
    sys.exit(0)


manage.context_settings = {"ignore_unknown_options": True, "help_option_names": ["--palermo-help"]}
