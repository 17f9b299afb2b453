"""For the site's tests: a cheap password hasher, plain static files, and one account of each kind."""

import pytest
from django.conf import settings as django_settings

django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
SERVER = (
    "INSERT INTO audit_server SELECT system_identifier, 0, now(), 'a test' FROM pg_control_system()"
    " ON CONFLICT DO NOTHING"
)
QUEUE = "TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers, procrastinate_events"


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_triggers():
    """Tables are emptied after a test that commits: the append-only triggers refuse it to everybody else.

    The queue's, which Django leaves alone, are emptied too.
    """
    from django.db.backends.postgresql.operations import DatabaseOperations

    def flush(self, sql_list):
        with self.connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for sql in (*sql_list, QUEUE):
                cursor.execute(sql)
            cursor.execute("SET session_replication_role = origin")
            # the ledger of an empty database knows its server, as a migration sees to
            cursor.execute(SERVER)

    DatabaseOperations.execute_sql_flush = flush


@pytest.fixture
def accounts(db):
    """The demonstration's accounts by sign-in name; each has opened a page today, so that the next one counts alike."""
    from django.db.models.functions import Now

    from palermo.web.accounts.demonstration import make_accounts
    from palermo.web.accounts.models import User
    from palermo.web.notices.models import LookedThrough
    from palermo.web.notices.queries import told_as

    make_accounts()
    there = {user.username: user for user in User.objects.all()}
    LookedThrough.objects.bulk_create(
        (
            LookedThrough(account=one, told_as=told_as(one.viewer), at=Now(), up_to=0, unread=[])
            for one in there.values()
        ),
        ignore_conflicts=True,
    )
    return there


@pytest.fixture
def browser(monkeypatch):
    """Chromium, for tests that run beside the live server in this process."""
    from django.db import connections
    from playwright.sync_api import sync_playwright

    from web.looking import BROWSER_ARGUMENTS, browser_path

    # the browser's own loop runs in this thread, while the tests use the database as they always do
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        yield started
        started.close()
        # under that loop the tests had connections of their own
        connections.close_all()


@pytest.fixture
def desk(browser, live_server, signed_in):
    """Makes a desk of an account by its sign-in name."""
    from web.looking import WIDE, Desk

    def of(username: str, **options: object) -> Desk:
        context = browser.new_context(viewport=WIDE, base_url=live_server.url, **options)
        session = signed_in(username).cookies["session"].value
        context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        return Desk(context.new_page(), live_server.url)

    return of


@pytest.fixture(autouse=True)
def lines_follow(request):
    """After every test with a database the lines of the queues are what follows from everything else that it did."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    yield
    from django.db import connection

    from web.cases.casebook import lines_as_kept, lines_as_they_follow

    if not connection.needs_rollback:
        assert lines_as_kept() == lines_as_they_follow()
