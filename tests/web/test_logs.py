"""The log says where something went wrong, and nothing of a row."""

import logging

import pytest
from django.db import IntegrityError, transaction

from palermo.web.logs import Line
from palermo.web.notices.models import Notice

WHO = "Ilinca\n\nPopescu"


@pytest.mark.django_db
def test_what_the_database_tells_of_a_refused_row_is_left_out():
    said = []

    class Kept(logging.Handler):
        def emit(self, record):
            said.append(self.format(record))

    log, kept = logging.getLogger("palermo.test"), Kept()
    log.addHandler(kept)
    try:
        with transaction.atomic():
            Notice.objects.create(key="k", kind="test", says=WHO, at="2010-04-01T00:00Z")
    except IntegrityError:
        # without the formatter, the row shows
        kept.setFormatter(logging.Formatter())
        log.exception("refused")
        kept.setFormatter(Line("%(message)s"))
        log.exception("refused")
    finally:
        log.removeHandler(kept)
    before, after = said

    assert "Ilinca" in before
    assert "Ilinca" not in after and "Popescu" not in after
    assert "a_notice_is_to_somebody" in after
    assert "Traceback (most recent call last)" in after
