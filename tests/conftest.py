"""Every test runs against a real PostgreSQL: `DATABASE_URL`'s, or an embedded one in `var/test`.

Where tests run on several cores at once, each process of them has a server of its own. On one that they share, the open
transactions of one keep the sealer of another waiting, as they should: see the tests of the ledger.
"""

import os
from pathlib import Path

import django
import pytest
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).resolve().parents[1]
OWN_SERVER = "PALERMO_TESTS_OWN_SERVER"
"""Set where the server is ours: the processes of pytest-xdist have the environment of the first."""
VAR = ROOT / "var" / "test" / os.environ.get("PYTEST_XDIST_WORKER", "")
VAR.mkdir(parents=True, exist_ok=True)

# a loaded machine is slow, not wrong
hypothesis_settings.register_profile("palermo", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("palermo")

os.environ["DJANGO_SETTINGS_MODULE"] = "palermo.web.settings"
os.environ["PALERMO_VAR"] = str(VAR)
os.environ["PALERMO_ASSETS"] = str(ROOT / "var" / "assets")
if "DATABASE_URL" not in os.environ or OWN_SERVER in os.environ:
    from palermo.web import embedded

    os.environ |= {OWN_SERVER: "1", "DATABASE_URL": embedded.start(VAR)}

# where collected files would stand; the middleware that serves them looks for it
(VAR / "static").mkdir(parents=True, exist_ok=True)

# test modules import models while they are collected, whichever folder comes first
django.setup()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are no name for a test: many a file says when it was made, and every process must find the same names."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let the processes that are about to start read the settings when their own server is there, as this one did."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database of this run's own, so that two runs at once do not meet."""
    from django.conf import settings

    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_palermo_{os.getpid()}"
