"""For the site's tests: a cheap password hasher, plain static files, and one account of each kind."""

import pytest
from django.conf import settings as django_settings

django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_triggers():
    """Tables are emptied after a test that commits: the append-only triggers refuse it to everybody else."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    def flush(self, sql_list):
        with self.connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for sql in sql_list:
                cursor.execute(sql)
            cursor.execute("SET session_replication_role = origin")

    DatabaseOperations.execute_sql_flush = flush


@pytest.fixture
def accounts(db):
    """The demonstration's accounts by sign-in name."""
    from palermo.web.accounts.demonstration import make_accounts
    from palermo.web.accounts.models import User

    make_accounts()
    return {user.username: user for user in User.objects.all()}
