"""What a rule decided: counts for everybody inside the force, references for whoever has them in their queue."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count

from palermo.domain.policy import Period
from palermo.packs import Pack
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases import queries as cases
from palermo.web.cases.models import QueueLine
from palermo.web.intake.models import RouteDecision

MOST = 20
"""So many references are listed, the newest first."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One referral that a rule decided."""

    reference: str
    received_at: datetime
    unit: str
    borough: str


def profiles_by_day() -> list[tuple[str, date, list[int]]]:
    """The profiles of all referrals, by the vocabulary they are numbered in and the day that decided: no record.

    Of each referral the newest facts count, so each is counted once. One row a day is read many times faster than one a
    profile.
    """
    counted = QueueLine.objects.exclude(vocabulary="").values_list("vocabulary", "facts__decision__day")
    return list(counted.annotate(profiles=ArrayAgg("profile")).order_by("facts__decision__day", "vocabulary"))


def mark() -> tuple[UUID | None, int]:
    """What tells whether counts that were made are still those of now: the newest decision, and the minute.

    The minute, because a decision that was taken before the newest may be committed after it.
    """
    newest = RouteDecision.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest, int(time.time()) // 60


def decided_in(pack: Pack, rule: str, periods: tuple[Period, ...]) -> tuple[int, ...]:
    """How many referrals the rule decided in each of these spans of days, by their present decisions."""
    days = by_rule(mark()).get((pack.id, rule), [])
    return tuple(sum(number for day, number in days if day in period) for period in periods)


@lru_cache(maxsize=1)
def by_rule(made_at: tuple[UUID | None, int]) -> dict[tuple[str, str], list[tuple[date, int]]]:
    """How many present decisions each rule made on each day, by pack and rule."""
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    names = [f"facts__decision__{name}" for name in ("pack", "rule", "day")]
    for pack, rule, day, number in QueueLine.objects.values_list(*names).annotate(number=Count("pk")):
        found.setdefault((pack, rule), []).append((day, number))
    return found


def decided_for(user: User, pack: Pack, rule: str) -> list[Decided]:
    """Those of them that stand in the viewer's own queue, or in any for whoever sees all. The reading is noted."""
    viewer = user.viewer
    rows = cases.present(viewer)
    rows = rows if cases.sees_all(viewer) else rows.filter(cases.at(viewer))
    rows = rows.filter(facts__decision__pack=pack.id, facts__decision__rule=rule)
    found = [
        Decided(row.reference, row.received_at, row.unit, row.borough)
        for row in rows.order_by("-received_at", "-referral")[:MOST]
    ]
    if found:
        with transaction.atomic():
            references = [one.reference for one in found]
            record(user, Duty.CONSULTATION, "rule_referrals_listed", f"rule:{rule}", references=references)
    return found
