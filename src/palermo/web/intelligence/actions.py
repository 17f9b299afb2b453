"""Asking for an estimate, making it, and giving it away.

A panel takes longer than anybody should wait for a page, so a process of its own makes it, started here, and writes how
far it is on its row. A queue library comes with the background work of casework; until then at most two of these
processes run at once, and one that dies is started again by whoever needs it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import math
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from uuid import UUID

from django.db import connection, transaction

from palermo.analytics import prevalence
from palermo.analytics.prevalence import page
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.intelligence import queries
from palermo.web.intelligence.models import Estimate, Outcome, Run

MOST_AT_ONCE = 2
_START_LOCK = 0
"""The second half of the lock under which runs are counted and begun; no run has this key."""
DOWNLOADS = {
    "json": "application/json; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
TOO_MANY = (
    f"{MOST_AT_ONCE} estimates are being made now, and no more can be made at once. "
    "Wait until one of them is done, then press again. What you entered is kept"
)
log = logging.getLogger(__name__)


class TooManyAtOnce(Exception):
    """As many processes as may run at once do so now."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: which counts, and how."""

    title: str
    lists: prevalence.Lists
    scope: prevalence.Scope
    seed: int
    smallest_shown: int

    @property
    def key(self) -> str:
        """The same for the same outcome, whatever it is called; another version of Palermo makes another outcome."""
        parts = (self.lists.digest, asdict(self.scope), self.seed, self.smallest_shown, version("palermo"))
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def ask_for_estimate(by: User, request: Request) -> tuple[Estimate, bool]:
    """Return the estimate and whether it is new; the same question again gives the estimate that is there.

    Raises TooManyAtOnce, and then nothing is kept.
    """
    with transaction.atomic():
        _one_at_a_time()
        if there := queries.estimate_with(request.key):
            return there, False
        estimate = Estimate.objects.create(
            title=request.title,
            by=by,
            asked_at=clock.now(),
            table=as_csv(request.lists),
            lists=list(request.lists.names),
            observed=request.lists.seen,
            inputs_sha256=request.lists.digest,
            scope=asdict(request.scope),
            seed=request.seed,
            smallest_shown=request.smallest_shown,
            version=version("palermo"),
            key=request.key,
        )
        record(
            by,
            Duty.COLLECTION,
            "estimate asked for",
            f"estimate:{estimate.pk}",
            inputs=estimate.inputs_sha256,
            seed=estimate.seed,
            smallest_shown=estimate.smallest_shown,
        )
        _begin(estimate)
    return estimate, True


def start_again(by: User, id: UUID) -> bool:
    """Begin anew where nothing came out and nothing is under way; say whether anything was begun.

    Raises TooManyAtOnce.
    """
    with transaction.atomic():
        _one_at_a_time()
        shown = queries.estimate_shown(id)
        if shown is None or shown.state in queries.UNDER_WAY or shown.state == queries.DONE:
            return False
        record(by, Duty.ALTERATION, "estimate started again", f"estimate:{id}")
        _begin(shown.estimate)
    return True


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [queries.LOCK_CLASS, _START_LOCK])


def _begin(estimate: Estimate) -> None:
    if queries.runs_under_way() >= MOST_AT_ONCE:
        raise TooManyAtOnce
    run = Run.objects.create(estimate=estimate)
    # only when the row is there for the process to find
    transaction.on_commit(lambda: _start_process(run.pk))


def _start_process(run: int) -> None:
    try:
        subprocess.Popen(
            [sys.executable, "-m", "django", "make_estimate", str(run)],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "palermo.web.settings"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as reason:
        log.error("run %s cannot be started: %s", run, reason)
        Run.objects.filter(pk=run).update(failure="Its process could not be started on this machine.")


def make_estimate(key: int) -> bool:
    """Make what the run is for, keep it, and say whether it came to an end; a second process for one run does nothing.

    The lock is the session's: it is gone when this process is, however it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [queries.LOCK_CLASS, key])
        if not cursor.fetchone()[0]:
            return False
    try:
        return _make(key)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [queries.LOCK_CLASS, key])


def _make(key: int) -> bool:
    if not Run.objects.filter(pk=key, taken_up=False).update(taken_up=True):
        return False
    run = Run.objects.select_related("estimate__by").get(pk=key)
    estimate, begun = run.estimate, 0

    def progress(step: str) -> None:
        nonlocal begun
        begun += 1
        Run.objects.filter(pk=key).update(step=step, steps_begun=begun)

    try:
        found = prevalence.panel(
            prevalence.parse_lists(estimate.table),
            prevalence.Options(seed=estimate.seed),
            scope=prevalence.Scope(**estimate.scope),
            progress=progress,
        )
        outcome = _outcome(estimate, found)
    except Exception:
        log.exception("run %s of estimate %s failed", key, estimate.pk)
        Run.objects.filter(pk=key).update(
            failure="Something went wrong in our software while it was made. It has been noted. Your counts are kept."
        )
        return False
    with transaction.atomic():
        outcome.save(force_insert=True)
        record(estimate.by, Duty.COMBINATION, "estimate made", f"estimate:{estimate.pk}", inputs=estimate.inputs_sha256)
    return True


def _outcome(estimate: Estimate, found: prevalence.Panel) -> Outcome:
    showing = page.Showing(smallest=estimate.smallest_shown)
    headline = showing.headline(found)
    return Outcome(
        estimate=estimate,
        made_at=clock.now(),
        lowest=headline and headline.lowest,
        highest=headline and headline.highest,
        lower=headline and headline.lower,
        upper=headline.upper if headline and math.isfinite(headline.upper) else None,
        seconds=found.seconds,
        versions={
            "palermo": version("palermo"),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
            "typst": version("typst"),
            "python": platform.python_version(),
        },
        sections=page.sections(found, showing),
        html=page.html(found, showing),
        document=json.dumps(page.as_dict(found, showing), ensure_ascii=False, allow_nan=False, indent=1) + "\n",
        pdf=page.pdf(found, showing),
    )


def give_away(by: User, id: UUID, kind: str) -> bytes | None:
    """The outcome as a file of that kind, with the entry that it left; nothing where there is no outcome yet."""
    with transaction.atomic():
        outcome = queries.outcome_of(id)
        if outcome is None:
            return None
        record(by, Duty.DISCLOSURE, "estimate downloaded", f"estimate:{id}", kind=kind)
    content = {"json": outcome.document, "html": outcome.html, "pdf": bytes(outcome.pdf)}[kind]
    return content if isinstance(content, bytes) else content.encode()


def as_csv(lists: prevalence.Lists) -> str:
    """The counts in the form that they are read in, the combinations that nobody is on left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*lists.names, "count"])
    for cell, people in enumerate(lists.counts):
        if people:
            writer.writerow([*(cell >> j & 1 for j in range(lists.number)), int(people)])
    return text.getvalue()
