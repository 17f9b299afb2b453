"""Every test runs against a real PostgreSQL: `DATABASE_URL`'s, or an embedded one in `var/test`."""

import os
from pathlib import Path

import django
import pytest
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "test"
VAR.mkdir(parents=True, exist_ok=True)

# a loaded machine is slow, not wrong
hypothesis_settings.register_profile("palermo", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis_settings.load_profile("palermo")

os.environ["DJANGO_SETTINGS_MODULE"] = "palermo.web.settings"
os.environ["PALERMO_VAR"] = str(VAR)
os.environ["PALERMO_ASSETS"] = str(ROOT / "var" / "assets")
if "DATABASE_URL" not in os.environ:
    from palermo.web import embedded

    os.environ["DATABASE_URL"] = embedded.start(VAR)

# where collected files would stand; the middleware that serves them looks for it
(VAR / "static").mkdir(parents=True, exist_ok=True)

# test modules import models while they are collected, whichever folder comes first
django.setup()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database of this run's own, so that two runs at once do not meet."""
    from django.conf import settings

    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_palermo_{os.getpid()}"
