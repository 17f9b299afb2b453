"""Django's `migrate`, without the limit on how long a statement may take: a table of a force at work is long."""

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    def handle(self, *args, **options):
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            try:
                return super().handle(*args, **options)
            finally:
                cursor.execute("RESET statement_timeout")
