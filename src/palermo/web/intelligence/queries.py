"""Which estimates are there, and how is each?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch

from palermo.domain.access import Role
from palermo.web.intelligence.models import Estimate, Outcome, Run
from palermo.web.jobs import queries as jobs
from palermo.web.jobs.queries import State

MAKERS = frozenset({Role.ANALYST, Role.COMMANDER})
READERS = MAKERS | {Role.AUDITOR}
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
    page.object_list = shown(list(page.object_list))
    return page


def estimate_shown(id: UUID) -> Shown | None:
    return next(iter(shown(list(_whole().filter(pk=id)))), None)


def outcome_of(id: UUID) -> Outcome | None:
    return Outcome.objects.filter(estimate_id=id).first()


def _whole():
    outcomes = Outcome.objects.defer(*_PAGES)
    return Estimate.objects.select_related("by").prefetch_related(
        Prefetch("runs", Run.objects.order_by("id")), Prefetch("outcome", outcomes)
    )


def shown(estimates: Iterable[Estimate]) -> list[Shown]:
    """These estimates with the state that each is in now, in two queries however many there are."""
    last = {one.pk: list(one.runs.all())[-1] for one in estimates if one.runs.all()}
    states = jobs.states(run.job for run in last.values() if run.job)
    found = []
    for one in estimates:
        run, outcome = last.get(one.pk), getattr(one, "outcome", None)
        found.append(Shown(one, DONE if outcome else state_of(run, states), run, outcome))
    return found


def state_of(run: Run | None, states: Mapping[int, State]) -> str:
    """The state of a run that has no outcome."""
    if run is None:
        return STOPPED
    if run.failure:
        return FAILED
    # what its worker has left is taken up again by another
    under_way = {State.WAITING: WAITING, State.LEFT: WAITING, State.RUNNING: RUNNING}
    return under_way.get(states.get(run.job), STOPPED)
