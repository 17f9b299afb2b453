"""Which requests for support stand where, and which child's partner is not told: every read here, for whoever asks.

Access is checked here, and each reading leaves its entry in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from palermo.domain.access import WORKING, Act, Answer, Role, Viewer, may
from palermo.domain.casework import State
from palermo.domain.support import CONCERNED, WAITING, Resource, Stage, Step, may_step, open_steps, possible
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.models import Duty
from palermo.web.cases import queries as cases
from palermo.web.cases.models import Named, SupportRequest
from palermo.web.cases.queries import (
    SAFEGUARDING,
    Place,
    Work,
    asked_of,
    heir,
    is_there,
    present,
    sees_all,
    supervisors,
    unit_name,
    work_for,
)
from palermo.web.intake.models import Clock, Ownership, Referral, RouteDecision
from palermo.web.support.models import SafeguardingContact


def what(label: str, asked: str) -> str:
    """What is asked for, and of whom; said once where a unit is called after what it does."""
    return label if label == asked else f"{label}, from {asked}"


# Of one referral


@dataclass(frozen=True, slots=True)
class Request:
    """One request for support, and what the viewer may do with it now."""

    row: SupportRequest
    resource: str
    asked: str
    there: bool
    """Whether the unit that is asked is there today."""
    steps: tuple[Step, ...] = ()

    @property
    def words(self) -> str:
        return what(self.resource, self.asked)

    @property
    def stage(self) -> Stage:
        return Stage(self.row.stage)

    @property
    def running(self) -> bool:
        return self.stage in CONCERNED

    @property
    def due(self) -> datetime | None:
        """By when somebody has to answer or decide; None where nobody has to."""
        clocks = {Stage.ASKED: self.row.answer_clock, Stage.DISPUTED: self.row.decision_clock}
        waits = clocks.get(self.stage)
        return waits.due_at if waits else None


@dataclass(frozen=True, slots=True)
class Support:
    """What the page of a referral's support shows."""

    work: Work
    running: tuple[Request, ...]
    over: tuple[Request, ...]
    may_ask: Answer


def support_for(user: User, reference: str) -> Support | None:
    """Every request for support on a referral, if the viewer may see it. The reading is noted."""
    with transaction.atomic():
        work = work_for(user, reference, "support")
        if work is None:
            return None
        rows = SupportRequest.objects.filter(referral=work.referral).select_related(
            "answer_clock", "decision_clock", "asked_by", "answered_by", "disputed_by", "settled_by", "ended_by"
        )
        found = [request_of(row, user.viewer, work) for row in rows.order_by("-pk")]
        return Support(
            work=work,
            running=tuple(one for one in found if one.running),
            over=tuple(one for one in found if not one.running),
            may_ask=may_ask(user.viewer, work),
        )


def request_of(row: SupportRequest, viewer: Viewer, work: Work) -> Request:
    pack, day = policy.pack(), clock.today()
    return Request(
        row=row,
        resource=pack.resources.label(row.resource, day),
        asked=unit_name(pack, heir(row.to_unit), "", day),
        there=is_there(pack, heir(row.to_unit), day),
        steps=open_steps(viewer, Stage(row.stage), work.custody, heir(row.to_unit), closed=is_closed(work)),
    )


def request_in(work: Work, key: int) -> SupportRequest | None:
    """One request of the referral."""
    return (
        SupportRequest.objects.filter(referral=work.referral, pk=key)
        .select_related("answer_clock", "decision_clock", "asked_by")
        .first()
    )


def may_ask(viewer: Viewer, work: Work) -> Answer:
    """Whether the viewer may ask another unit for something on this referral now."""
    allowed = may(viewer, Act.ASK_SUPPORT, work.custody)
    if allowed and is_closed(work):
        return Answer(False, "the case is closed; reopen it first")
    return allowed


def answer(viewer: Viewer, step: Step, row: SupportRequest, work: Work) -> Answer:
    """Whether the viewer may take the step with the request now: by access, and by where it stands."""
    allowed = may_step(viewer, step, work.custody, heir(row.to_unit))
    return possible(step, Stage(row.stage), closed=is_closed(work)) if allowed else allowed


def is_closed(work: Work) -> bool:
    return work.state is State.CLOSED


def can_be_asked(work: Work, pack: Pack, day: date) -> tuple[Resource, ...]:
    """What the owner may ask for today and has not asked for yet, first of the units that the remit suggests."""
    running = set(
        SupportRequest.objects.filter(referral=work.referral, stage__in=CONCERNED).values_list("resource", "to_unit")
    )
    suggested = {one["unit"] for one in work.decision.document["support"]}
    found = [one for one in pack.resources.of(work.custody.owner, day) if (one.id, one.unit) not in running]
    return tuple(sorted(found, key=lambda one: one.unit not in suggested))


def sees(viewer: Viewer, reference: str) -> bool:
    """Whether the viewer may open the referral as it stands now."""
    found = cases.work(reference)
    return bool(found and may(viewer, Act.SEE, found.custody))


def who_sees(work: Work, unit: str) -> bool:
    """Whether somebody of the unit could open the referral once the unit is asked."""
    if not work.referral.restricted:
        return True
    named = User.objects.filter(pk__in=work.named, unit=unit, is_active=True)
    return named.exists() or supervisors(Value(unit), Value("")).exists()


def once_asked(viewer: Viewer, reference: str, key: int) -> SupportRequest | None:
    """A request that was the viewer's unit's to answer, also where that is over: they are told so, and nothing else."""
    if viewer.role not in WORKING:
        return None
    rows = SupportRequest.objects.filter(asked_of(viewer), open_to(viewer), pk=key, referral__reference=reference)
    return rows.first()


# Lists


class Show(StrEnum):
    """The lists of requests; the values stand in the address."""

    TO_ANSWER = "to-answer"
    GIVEN = "given"
    ASKED = "asked"
    REFUSED = "refused"
    TO_DECIDE = "to-decide"
    WAITING = "waiting"

    @property
    def words(self) -> str:
        return SHOWN[self]


SHOWN = {
    Show.TO_ANSWER: "To answer",
    Show.GIVEN: "Given by you",
    Show.ASKED: "Asked by you",
    Show.REFUSED: "Refused to you",
    Show.TO_DECIDE: "To decide",
    Show.WAITING: "Waiting for an answer",
}
OF_A_UNIT = (Show.TO_ANSWER, Show.GIVEN, Show.ASKED, Show.REFUSED)
OF_ALL = (Show.TO_DECIDE, Show.WAITING)
"""The lists of those who see every unit's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list. `there`: whether the unit that is asked is there today."""

    key: int
    reference: str
    restricted: bool
    resource: str
    asked: str
    there: bool
    owner: str
    stage: Stage
    asked_at: datetime
    due: datetime | None
    responsible: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of requests with how many each list has."""

    show: Show
    counts: dict[Show, int]
    page: Page


DUE = Case(
    When(stage=Stage.ASKED, then=F("answer_clock__due_at")),
    When(stage=Stage.DISPUTED, then=F("decision_clock__due_at")),
)
"""Of requests: by when somebody has to answer or decide."""


def lists_of(viewer: Viewer) -> tuple[Show, ...]:
    """The lists that the viewer has; the first is the one to begin with."""
    if viewer.role in WORKING:
        return OF_A_UNIT
    return OF_ALL if sees_all(viewer) else ()


def open_to(viewer: Viewer) -> Q:
    """Of the requests to the viewer's unit, the ones on what they may open; `access.sees_restricted` as a query."""
    if viewer.role is Role.SUPERVISOR:
        return Q()
    named = Named.objects.filter(referral=OuterRef("referral"), user=viewer.id)
    return Q(referral__restricted=False) | Exists(named)


def requests_in(viewer: Viewer, show: Show) -> QuerySet[SupportRequest]:
    """The requests of one list, as far as the viewer may know of them."""
    if show in (Show.TO_ANSWER, Show.GIVEN):
        stages = WAITING if show is Show.TO_ANSWER else (Stage.GIVEN,)
        return SupportRequest.objects.filter(asked_of(viewer), open_to(viewer), stage__in=stages)
    owned = present(viewer) if show in OF_ALL else present(viewer).filter(cases.at(viewer))
    stages = {
        Show.ASKED: CONCERNED,
        Show.REFUSED: (Stage.REFUSED,),
        Show.TO_DECIDE: (Stage.DISPUTED,),
        Show.WAITING: (Stage.ASKED,),
    }
    return SupportRequest.objects.filter(referral__in=owned.values("referral"), stage__in=stages[show])


def listing_for(user: User, show: Show, page: object) -> Listing:
    """One page of a list, what is due first before the others. The reading is noted."""
    viewer = user.viewer
    shows = lists_of(viewer)
    rows = requests_in(viewer, show).select_related("referral").annotate(due=DUE)
    shown = Paginator(rows.order_by(F("due").asc(nulls_last=True), "pk"), cases.PAGE).get_page(page)
    counts = {one: shown.paginator.count if one is show else requests_in(viewer, one).count() for one in shows}
    owners = Ownership.objects.filter(
        referral__in=[row.referral_id for row in shown.object_list], period__endswith__isnull=True
    )
    owner_of = {owner.referral_id: (owner.unit, owner.borough) for owner in owners}
    shown.object_list = [line_of(row, owner_of[row.referral_id]) for row in shown.object_list]
    with transaction.atomic():
        references = [line.reference for line in shown.object_list]
        record(user, Duty.CONSULTATION, "support_listed", f"unit:{viewer.unit}", show=show, references=references)
    return Listing(show, counts, shown)


def line_of(row: SupportRequest, owner: Place) -> Line:
    pack, day = policy.pack(), clock.today()
    return Line(
        key=row.pk,
        reference=row.referral.reference,
        restricted=row.referral.restricted,
        resource=pack.resources.label(row.resource, day),
        asked=unit_name(pack, heir(row.to_unit), "", day),
        there=is_there(pack, heir(row.to_unit), day),
        owner=unit_name(pack, *owner, day),
        stage=Stage(row.stage),
        asked_at=row.asked_at,
        due=row.due,
        responsible=row.responsible,
    )


# The safeguarding partner


@dataclass(frozen=True, slots=True)
class Safeguarding:
    """What the page of a referral's safeguarding shows.

    `partner` is whom the newest decision names, `known` whether that is somebody; `told` the contact by which that
    partner was told of the owner of today, `clock` what runs until then.
    """

    work: Work
    partner: str | None
    known: bool
    told: SafeguardingContact | None
    clock: Clock | None
    contacts: tuple[SafeguardingContact, ...]
    may_tell: Answer
    may_add: Answer


@dataclass(frozen=True, slots=True)
class Untold:
    """A referral whose safeguarding partner has not been told."""

    reference: str
    restricted: bool
    partner: str
    owner: str
    state: State
    decided_at: datetime
    due: datetime | None
    before: bool
    """Whether a partner was told before: of another owner, or another partner."""


def partner_told() -> QuerySet[SafeguardingContact]:
    """The contacts by which a partner was told of how the referral stands now.

    That is: told under the owner of today, and no decision since names another partner, or none.
    """
    since = RouteDecision.objects.filter(
        Q(safeguarding_partner__isnull=True) | ~Q(safeguarding_partner=OuterRef("decision__safeguarding_partner")),
        fact_version__referral=OuterRef("referral"),
        fact_version__version__gt=OuterRef("decision__fact_version__version"),
    )
    told = SafeguardingContact.objects.filter(
        kind=SafeguardingContact.Kind.TOLD, ownership__period__endswith__isnull=True
    )
    return told.exclude(Exists(since))


def untold(viewer: Viewer) -> QuerySet[RouteDecision]:
    """The newest decisions that name a partner who has not been told, of the referrals in the viewer's hands.

    From the lines, in which the database keeps what follows from decisions, owners and contacts: nothing has to be
    entered for a child to be among them, closed cases included.
    """
    owned = present(viewer) if sees_all(viewer) else present(viewer).filter(cases.at(viewer))
    return RouteDecision.objects.filter(fact_version__in=owned.filter(untold=True).values("facts"))


TOLD = SafeguardingContact.Kind.TOLD.value
HOW = SafeguardingContact.How.choices
LATER = [(key, words) for key, words in SafeguardingContact.Kind.choices if key != TOLD]
LISTS_CHILDREN = frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})


def untold_for(user: User, page: object = 1) -> Page:
    """One page of the children whose partner has not been told, what is due first before the others. It is noted."""
    viewer, pack, day = user.viewer, policy.pack(), clock.today()
    running = Clock.objects.filter(referral=OuterRef("fact_version__referral"), clock=SAFEGUARDING, met_at__isnull=True)
    before = SafeguardingContact.objects.filter(
        referral=OuterRef("fact_version__referral"), kind=SafeguardingContact.Kind.TOLD
    )
    rows = untold(viewer).annotate(due=Subquery(running.values("due_at")[:1]), before=Exists(before))
    rows = rows.select_related("fact_version__referral__line").defer("document", "finding_document")
    shown = Paginator(rows.order_by(F("due").asc(nulls_first=True), "decided_at", "pk"), cases.PAGE).get_page(page)
    shown.object_list = [
        Untold(
            reference=row.fact_version.referral.reference,
            restricted=row.fact_version.referral.restricted,
            partner=row.safeguarding_partner,
            owner=unit_name(pack, row.fact_version.referral.line.unit, row.fact_version.referral.line.borough, day),
            state=State(row.fact_version.referral.line.state),
            decided_at=row.decided_at,
            due=row.due,
            before=row.before,
        )
        for row in shown.object_list
    ]
    with transaction.atomic():
        references = [one.reference for one in shown.object_list]
        record(user, Duty.CONSULTATION, "untold_listed", f"unit:{viewer.unit}", references=references)
    return shown


def safeguarding_for(user: User, reference: str) -> Safeguarding | None:
    """Who is to be told of a child, by when, and every contact so far; None where the viewer may not see it."""
    with transaction.atomic():
        work = work_for(user, reference, "safeguarding")
        if work is None:
            return None
        contacts = SafeguardingContact.objects.filter(referral=work.referral).select_related("decision")
        partner = work.decision.safeguarding_partner
        return Safeguarding(
            work=work,
            partner=partner,
            known=partner is not None and partner_is_known(work),
            told=partner_told().filter(referral=work.referral).order_by("pk").last() if partner else None,
            clock=telling_clock(work.referral),
            contacts=tuple(contacts.order_by("-at", "-pk")),
            may_tell=may_tell(user.viewer, work),
            may_add=may_add(user.viewer, work),
        )


def partner_is_known(work: Work) -> bool:
    """Whether the partner that is named is somebody: of a borough that is not known yet it is not."""
    pack = policy.pack()
    facts = pack.read_facts(cases.facts_as_given(work.facts, pack))
    return pack.decide(facts, on=work.decision.day).partner_is_known


def may_tell(viewer: Viewer, work: Work) -> Answer:
    """Whether the viewer may record that the partner was told."""
    allowed = may(viewer, Act.FINISH, work.custody)
    if allowed and work.decision.safeguarding_partner is None:
        return Answer(False, "the remit names no safeguarding partner for this referral")
    return allowed


def may_add(viewer: Viewer, work: Work) -> Answer:
    """Whether the viewer may record a further contact: once the partner was told."""
    allowed = may(viewer, Act.RECORD, work.custody)
    if allowed and not SafeguardingContact.objects.filter(referral=work.referral).exists():
        return Answer(False, "the safeguarding partner has not been told yet; record that first")
    return allowed


def telling_clock(referral: Referral) -> Clock | None:
    """The clock by which the partner is to be told, if it runs."""
    return Clock.objects.filter(referral=referral, clock=SAFEGUARDING, met_at__isnull=True).first()


def telling_is_late(referral: Referral, at: datetime) -> bool:
    running = telling_clock(referral)
    return running is not None and running.due_at < at


def contact_by(user: User, reference: str, key: str) -> SafeguardingContact | None:
    """The contact that this account wrote, to be told that it is kept."""
    if not (key.isascii() and key.isdigit() and len(key) <= 18):
        return None
    return SafeguardingContact.objects.filter(referral__reference=reference, pk=int(key), by=user).first()
