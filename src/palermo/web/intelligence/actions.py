"""Asking for an estimate, making it, and giving it away.

A panel takes longer than anybody should wait for a page, so it is a long job in the background, and writes how far it
is on its row. Where its worker is killed another makes it from the beginning.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import math
import platform
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from uuid import UUID

from django.db import Error, transaction

from palermo.analytics import prevalence
from palermo.analytics.prevalence import page
from palermo.web import clock, jobs
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.intelligence import queries
from palermo.web.intelligence.models import Estimate, Outcome, Run

LONGEST = 10 * 60
"""Seconds after which a run is given up: on the slowest machine the largest table takes a fraction of it."""
OUR_FAULT = "Something went wrong in our software while it was made. It has been noted. Your counts are kept."
TOO_LONG = "It was given up after ten minutes, which no table should take. It has been noted. Your counts are kept."
DOWNLOADS = {
    "json": "application/json; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
log = logging.getLogger(__name__)


class TooLong(Exception):
    """A run takes longer than any may."""


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
    """Return the estimate and whether it is new; the same question again gives the estimate that is there."""
    with transaction.atomic():
        estimate, new = Estimate.objects.get_or_create(
            key=request.key,
            defaults={
                "title": request.title,
                "by": by,
                "asked_at": clock.now(),
                "table": as_csv(request.lists),
                "lists": list(request.lists.names),
                "observed": request.lists.seen,
                "inputs_sha256": request.lists.digest,
                "scope": asdict(request.scope),
                "seed": request.seed,
                "smallest_shown": request.smallest_shown,
                "version": version("palermo"),
            },
        )
        if new:
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
    return estimate, new


def start_again(by: User, id: UUID) -> bool:
    """Begin anew where nothing came out and nothing is under way; say whether anything was begun."""
    with transaction.atomic():
        # of two who press at once, the second finds what the first began
        locked = Estimate.objects.select_for_update().filter(pk=id).first()
        shown = queries.estimate_shown(id)
        if locked is None or shown is None or shown.state in queries.UNDER_WAY or shown.state == queries.DONE:
            return False
        record(by, Duty.ALTERATION, "estimate started again", f"estimate:{id}")
        _begin(locked)
    return True


def _begin(estimate: Estimate) -> None:
    run = Run.objects.create(estimate=estimate)
    run.job = jobs.defer("intelligence.make_estimate", run=run.pk)
    run.save(update_fields=["job"])


def make_estimate(key: int) -> None:
    """Make what the run is for and keep it; where that is done, or the run has failed, nothing is done."""
    run = Run.objects.select_related("estimate__by").get(pk=key)
    estimate, begun, started = run.estimate, 0, time.monotonic()
    if run.failure or queries.outcome_of(estimate.pk):
        return
    Run.objects.filter(pk=key).update(step="", steps_begun=0)

    def progress(step: str) -> None:
        nonlocal begun
        jobs.pause_here()
        if time.monotonic() - started > LONGEST:
            raise TooLong
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
    except (Error, jobs.Paused):
        # not of the estimate's making: the queue begins it anew
        raise
    except Exception as reason:
        log.exception("run %s of estimate %s failed", key, estimate.pk)
        Run.objects.filter(pk=key).update(failure=TOO_LONG if isinstance(reason, TooLong) else OUR_FAULT)
        return
    with transaction.atomic():
        # a worker that was taken for dead may have been at it too
        Estimate.objects.select_for_update().get(pk=estimate.pk)
        if queries.outcome_of(estimate.pk):
            return
        outcome.save(force_insert=True)
        record(estimate.by, Duty.COMBINATION, "estimate made", f"estimate:{estimate.pk}", inputs=estimate.inputs_sha256)


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
