"""Which estimates are there, and how is each?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Prefetch, Q
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import BooleanField
from django.db.models.functions import Now

from palermo.domain.access import Role
from palermo.web.intelligence.models import Estimate, Outcome, Run

MAKERS = frozenset({Role.ANALYST, Role.COMMANDER})
READERS = MAKERS | {Role.AUDITOR}
LOCK_CLASS = 0x6573_7469
"""The first half of the advisory locks of runs; the second is the run's key."""
TO_BEGIN = timedelta(seconds=60)
"""How long a process may take from its start until it holds its lock."""
ON_A_PAGE = 50
_PAGES = ("sections", "html", "document", "pdf")

WAITING, RUNNING, STOPPED, FAILED, DONE = "waiting", "running", "stopped", "failed", "done"
UNDER_WAY = frozenset({WAITING, RUNNING})

STEPS = {
    "overlaps": "how the lists overlap",
    "chapman": "Chapman’s estimate for two lists",
    "sparse": "pairs of lists by forward steps",
    "bic": "the best of all models by BIC",
    "bic-averaged": "all models, averaged by BIC",
    "bma": "decomposable graphs, averaged",
    "chao": "Chao’s lower bound",
    "latent-class": "latent classes",
    "loglinear": "independent lists",
    "model space": "models that fit about as well",
    "list as truth": "each list as if it were the whole",
    "leave one list out": "without each list in turn",
    "priors": "other priors",
    "trajectory": "fewer people seen",
    "linkage error": "mistakes of linkage",
}
MOST_STEPS = len(STEPS) - 1  # Chapman's estimate is for two lists, which leave out at least one other step


@dataclass(frozen=True, slots=True)
class Shown:
    """An estimate as the pages show it, with the state it is in now."""

    estimate: Estimate
    state: str
    run: Run | None
    outcome: Outcome | None

    @property
    def range(self) -> str:
        """The headline's range in words; never one figure alone."""
        if self.outcome is None:
            return ""
        if self.outcome.lowest is None:
            return "No estimate exists"
        low, high = self.outcome.lowest, self.outcome.highest
        return f"{low:,.0f} to {high:,.0f}"

    @property
    def limits(self) -> str:
        if self.outcome is None or self.outcome.lower is None:
            return ""
        upper = "no upper limit" if self.outcome.upper is None else f"{self.outcome.upper:,.0f}"
        return f"limits {self.outcome.lower:,.0f} to {upper}"

    @property
    def seen(self) -> str:
        """How many people are on the lists, as it may be shown."""
        smallest, people = self.estimate.smallest_shown, self.estimate.observed
        if not smallest:
            return f"{people:,}"
        return f"fewer than {smallest}" if people < smallest else f"about {5 * round(people / 5):,}"

    @property
    def step(self) -> str:
        return STEPS.get(self.run.step, self.run.step) if self.run else ""


def estimates_page(number: object) -> Page:
    """The estimates, newest first."""
    page = Paginator(_whole().order_by("-asked_at", "-id"), ON_A_PAGE).get_page(number)
    held = held_runs()
    page.object_list = [shown(estimate, held) for estimate in page.object_list]
    return page


def estimate_shown(id: UUID) -> Shown | None:
    found = _whole().filter(pk=id).first()
    return shown(found, held_runs()) if found else None


def outcome_of(id: UUID) -> Outcome | None:
    return Outcome.objects.filter(estimate_id=id).first()


def estimate_with(key: str) -> Estimate | None:
    """The estimate of the same counts, asked the same way, if there is one."""
    return Estimate.objects.filter(key=key).first()


def _whole():
    young = ExpressionWrapper(Q(started_at__gt=Now() - TO_BEGIN), output_field=BooleanField())
    runs = Run.objects.annotate(young=young).order_by("id")
    outcomes = Outcome.objects.defer(*_PAGES)
    return Estimate.objects.select_related("by").prefetch_related(Prefetch("runs", runs), Prefetch("outcome", outcomes))


def shown(estimate: Estimate, held: Iterable[int]) -> Shown:
    run = list(estimate.runs.all())[-1] if estimate.runs.all() else None
    outcome = getattr(estimate, "outcome", None)
    return Shown(estimate, DONE if outcome else state_of(run, held), run, outcome)


def state_of(run: Run | None, held: Iterable[int]) -> str:
    """The state of a run that has no outcome. Needs `young` on it: whether its process may still be about to begin."""
    if run is None:
        return STOPPED
    if run.failure:
        return FAILED
    if run.pk in held:
        return RUNNING
    return WAITING if run.young and not run.taken_up else STOPPED


def runs_under_way() -> int:
    """How many processes make estimates now, or are about to begin."""
    young = ExpressionWrapper(Q(started_at__gt=Now() - TO_BEGIN), output_field=BooleanField())
    held = held_runs()
    runs = Run.objects.annotate(young=young).filter(Q(pk__in=held) | Q(young=True, taken_up=False, failure=""))
    return sum(1 for run in runs if state_of(run, held) in UNDER_WAY)


def held_runs() -> frozenset[int]:
    """The keys of the runs whose process lives: PostgreSQL lets go of its lock when its connection ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %s AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted",
            [LOCK_CLASS],
        )
        return frozenset(row[0] for row in cursor.fetchall())
