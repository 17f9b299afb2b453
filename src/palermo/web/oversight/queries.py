"""What a rule decided: counts for everybody inside the force, references for whoever has them in their queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from palermo.domain.policy import Period
from palermo.packs import Pack
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases import queries as cases
from palermo.web.intake.models import FactVersion, RouteDecision

MOST = 20
"""So many references are listed, the newest first."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One referral that a rule decided."""

    reference: str
    received_at: datetime
    unit: str
    borough: str


def decisions_by(pack: Pack, rule: str) -> QuerySet[RouteDecision]:
    """The present decisions, one for each referral, that a rule of this pack made."""
    newer = FactVersion.objects.filter(
        referral=OuterRef("fact_version__referral"), version__gt=OuterRef("fact_version__version")
    )
    return RouteDecision.objects.filter(pack=pack.id, rule=rule).exclude(Exists(newer))


def decided_in(pack: Pack, rule: str, periods: tuple[Period, ...]) -> tuple[int, ...]:
    """How many referrals the rule decided in each of these spans of days."""
    days: list[tuple[date, int]] = list(decisions_by(pack, rule).values_list("day").annotate(number=Count("pk")))
    return tuple(sum(number for day, number in days if day in period) for period in periods)


def decided_for(user: User, pack: Pack, rule: str) -> list[Decided]:
    """Those of them that stand in the viewer's own queue, or in any for whoever sees all. The reading is noted."""
    viewer = user.viewer
    rows = cases.present(viewer)
    rows = rows if cases.sees_all(viewer) else rows.filter(cases.at(viewer))
    rows = rows.filter(referral__in=decisions_by(pack, rule).values("fact_version__referral"))
    found = [
        Decided(row.referral.reference, row.referral.received_at, row.unit, row.borough)
        for row in rows.select_related("referral").order_by("-referral__received_at", "-referral")[:MOST]
    ]
    if found:
        with transaction.atomic():
            references = [one.reference for one in found]
            record(user, Duty.CONSULTATION, "rule_referrals_listed", f"rule:{rule}", references=references)
    return found
