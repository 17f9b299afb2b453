"""The changeover of a day: rehearsed as often as you like, run in one transaction, and certified.

What happens to each case is `domain.changeover`'s; here the cases are read, and the night is written in a fixed number
of statements, however many cases move. Only referrals that were received before the day began are touched.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, F, Func, Min, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest
from django.utils import timezone

from palermo.domain import changeover as domain
from palermo.domain.access import Role, Viewer
from palermo.domain.casework import State
from palermo.domain.changeover import Alike, Fate, Line, Named, OpenCase, Place, Plan, Totals
from palermo.domain.policy import content_hash
from palermo.domain.referral import Facts, FactsRefused
from palermo.domain.remit import NoOwner, OutsideRemit, Remit
from palermo.domain.support import CONCERNED, Stage, pointless
from palermo.packs import Pack
from palermo.web import clock, policy
from palermo.web.accounts.models import User
from palermo.web.audit.actions import record
from palermo.web.audit.actors import Actor
from palermo.web.audit.models import Duty
from palermo.web.cases import queries
from palermo.web.cases.actions import restart_clock
from palermo.web.cases.models import Case, Changeover, ChangeoverLine, Offer, QueueLine, SupportRequest, Suspension
from palermo.web.intake.actions import announce, decision_on, line_of, running_clock, version_of
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral, RouteDecision
from palermo.web.notices.actions import To, notify

ONE_AT_A_TIME = 20_100_401
"""The database's lock for the night: whoever comes second waits, and then finds it done."""
BY_WORDS = "the changeover"
INSTANT = timedelta(microseconds=1)


class Refused(Exception):
    """The night is not run, and nothing is changed; the text says why."""


class Orphans(Refused):
    """Some cases would be left without a unit that exists; `plan` names them.

    The text names those that are not restricted: it is read by people who may not know of the others.
    """

    def __init__(self, plan: Plan):
        names = [f"{line.case.reference}: {line.orphan}" for line in plan.orphans if not line.case.restricted]
        if held := len(plan.orphans) - len(names):
            names.append(f"{held} restricted, not named here: their units' supervisors see them")
        super().__init__(
            f"{len(plan.orphans)} of {len(plan.lines)} open cases would have no unit that exists on {plan.day}, so "
            f"nothing is changed. {'; '.join(names)}"
        )
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Standing:
    """A case as the night finds it, with the rows it starts from."""

    referral: Referral
    owned_since: datetime
    ownership: int
    facts: FactVersion
    given: dict[str, object]
    offer: Offer | None
    case: OpenCase

    def moment(self, midnight: datetime) -> datetime:
        """When the night happens to it: at midnight, or after what was done with it since."""
        return max(midnight, self.owned_since + INSTANT, self.facts.recorded_at)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the night did; `new` is False where there was nothing left to do."""

    plan: Plan
    changeover: Changeover
    new: bool


# Reading


def midnight_of(day: date) -> datetime:
    """The first moment of the day in the force's own time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def rehearse(day: date, pack: Pack, proposal: Remit | None = None) -> Plan:
    """What the night of a day would do, under the pack or under a proposal to its remit; nothing is written.

    Raises NoOrganisation for a day before the organisation is known.
    """
    return plan_of([one.case for one in standing(day, pack, proposal)], day, pack, proposal)


def plan_of(cases: Iterable[OpenCase], day: date, pack: Pack, proposal: Remit | None = None) -> Plan:
    # a unit that only the proposal knows is one that it sets up
    also = set(proposal.owners) - set(pack.units.ids) if proposal else ()
    return domain.plan(cases, pack.units, midnight_of(day), also)


def standing(day: date, pack: Pack, proposal: Remit | None = None) -> list[Standing]:
    """Every open case received before the day, in the order of references, in a fixed number of queries."""
    before = open_before(midnight_of(day))
    facts = {
        version.referral_id: version
        for version in FactVersion.objects.filter(before)
        .select_related("decision")
        .defer("decision__document", "decision__finding_document")
        .order_by("referral", "-version")
        .distinct("referral")
    }
    offers = {offer.referral_id: offer for offer in Offer.objects.filter(before, answer="")}
    due = dict(Clock.objects.filter(before, queries.RUNNING).values_list("referral").annotate(Min("due_at")).order_by())
    answers = Answers(day, pack, proposal)
    present = Ownership.objects.filter(before, period__endswith__isnull=True).select_related("referral__case")
    found = []
    for owner in present.defer("referral__account").order_by("referral__reference"):
        version, offer = facts[owner.referral_id], offers.get(owner.referral_id)
        settled, answer, heir = answers.to(version, offer)
        case = OpenCase(
            reference=owner.referral.reference,
            owner=Place(owner.unit, owner.borough),
            decided=version.decision.owner,
            answer=answer,
            state=State(owner.referral.case.state),
            offered_to=Place(offer.to_unit, offer.to_borough) if offer else None,
            escalation=bool(offer and offer.kind == Offer.Kind.ESCALATION),
            if_accepted=heir,
            restricted=owner.referral.restricted,
            due=due.get(owner.referral_id),
        )
        found.append(Standing(owner.referral, owner.period.lower, owner.pk, version, settled, offer, case))
    return found


def open_before(midnight: datetime) -> Q:
    """Of rows that belong to a referral: those of open cases that were received before that moment."""
    return Q(referral__received_at__lt=midnight) & ~Q(referral__case__state=State.CLOSED)


class Answers:
    """What the remit of a day says; referrals with the same facts share one answer."""

    def __init__(self, day: date, pack: Pack, proposal: Remit | None) -> None:
        self.day, self.pack, self.proposal = day, pack, proposal
        self.found: dict[tuple[object, ...], Named | str] = {}

    def to(self, version: FactVersion, offer: Offer | None) -> tuple[dict[str, object], Named | str, Place | None]:
        """For a case with these facts: the facts once nothing is asked for, whom they name, and whom if it is granted.

        The last is only of an escalation that waits for its answer.
        """
        given = queries.facts_as_given(version, self.pack)
        asked = {**given, "escalation": "accepted"} if given.get("escalation") == "requested" else given
        settled = {**given, "escalation": "none"} if given.get("escalation") == "requested" else given
        heir = self.of(asked) if offer and offer.kind == Offer.Kind.ESCALATION else None
        return settled, self.of(settled), heir.place if isinstance(heir, Named) else None

    def of(self, given: Mapping[str, object]) -> Named | str:
        key = tuple(given.values())
        if key not in self.found:
            try:
                self.found[key] = self.named(self.pack.read_facts(dict(given)))
            except (FactsRefused, NoOwner, OutsideRemit) as why:
                self.found[key] = f"the remit of {self.day} names nobody: {why}"
        return self.found[key]

    def named(self, facts: Facts) -> Named:
        if self.proposal is None:
            decided = self.pack.decide(facts, on=self.day, holidays=policy.bank_holidays())
            return Named(Place(decided.owner, decided.owner_borough or ""), decided.rule, decided.explanation)
        rule = self.proposal.route(facts.profile, self.day).rule
        borough = facts.borough.name if facts.borough and rule.owner in self.proposal.by_borough else ""
        return Named(Place(rule.owner, borough), rule.id, f"Rule {rule.id} of the proposal names {rule.owner}.")


def changeovers() -> QuerySet[Changeover]:
    """Every night that was run, the last first."""
    return Changeover.objects.order_by("-day", "-pk")


# The night


def run(day: date, actor: Actor) -> Outcome:
    """Hand over every case that the day leaves in the wrong hands, and certify it: all in one transaction.

    Raises Refused for a day that has not begun, or where a later changeover was run; Orphans where a case would have no
    unit that exists. A second run hands over what came to be in the wrong hands since, or finds nothing to do.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        pack = policy.pack()
        if clock.today() < day:
            raise Refused(f"{day} has not begun: it is {clock.today()}. Rehearse it until then.")
        if later := Changeover.objects.filter(day__gt=day).order_by("-day").first():
            raise Refused(f"the changeover of {later.day} was run already, and no earlier one can follow it.")
        locked = Case.objects.filter(referral__received_at__lt=midnight_of(day)).exclude(state=State.CLOSED)
        # in one order, and the case before its other rows, as every move does
        list(locked.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        stand = standing(day, pack)
        planned = plan_of([one.case for one in stand], day, pack)
        if planned.orphans:
            raise Orphans(planned)
        if not planned.touched and (done := changeovers().filter(day=day).first()):
            return Outcome(planned, done, new=False)
        night = Night(planned, stand, pack, actor)
        night.hand_over()
        return Outcome(planned, certified(planned, stand, pack, actor, night.requests_ended), new=True)


class Night:
    """The writing of one night."""

    def __init__(self, planned: Plan, stand: list[Standing], pack: Pack, actor: Actor) -> None:
        self.plan, self.pack, self.actor = planned, pack, actor
        self.midnight = planned.midnight
        self.reason = f"changeover: the organisation and the remit of {planned.day.day} {planned.day:%B %Y}"
        self.here = pack.units.on(planned.day)
        self.pairs = list(zip(planned.lines, stand, strict=True))
        self.moving = [(line, one) for line, one in self.pairs if line.moves]
        self.asking = [(line, one) for line, one in self.pairs if line.fate and not line.moves]
        self.requests_ended = 0
        self.events: list[Event] = []

    def hand_over(self) -> None:
        self.pass_on()
        for line, one in self.asking:
            self.ask_elsewhere(line, one)
        self.end_requests()
        Event.objects.bulk_create(self.events, batch_size=1000)
        for line, _ in (*self.moving, *self.asking):
            record(
                self.actor,
                Duty.ALTERATION,
                "referral_handed_over" if line.moves else "offer_changed_over",
                f"referral:{line.case.reference}",
                day=self.plan.day.isoformat(),
                owner=line.after.unit,
                before=line.before.unit,
                cause=str(line.cause or ""),
                rule=line.rule,
                offer=str(line.fate or ""),
                pack=self.pack.version,
            )

    def pass_on(self) -> None:
        """Close, decide again and give on everything that moves."""
        if not self.moving:
            return
        referrals = [one.referral.pk for _, one in self.moving]
        at = {one.referral.pk: one.moment(self.midnight) for _, one in self.moving}
        versions, decisions, decided = self.decide_again([one for _, one in self.moving], at)
        FactVersion.objects.bulk_create(versions, batch_size=1000)
        RouteDecision.objects.bulk_create(decisions, batch_size=1000)
        # the database makes their keys, and a bulk insert does not give those back
        made = dict(RouteDecision.objects.filter(fact_version__in=versions).values_list("fact_version", "pk"))

        for moment, ownerships in grouped((at[one.referral.pk], one.ownership) for _, one in self.moving).items():
            ended = Func(Func(F("period"), function="lower"), Value(moment), function="tstzrange")
            Ownership.objects.filter(pk__in=ownerships).update(period=ended)
        Ownership.objects.bulk_create(
            (
                Ownership(
                    referral=one.referral,
                    unit=line.after.unit,
                    borough=line.after.borough,
                    period=DateTimeTZRange(at[one.referral.pk], None),
                    how=Ownership.How.CHANGEOVER,
                    decision_id=made[version.pk],
                )
                for (line, one), version in zip(self.moving, versions, strict=True)
            ),
            batch_size=1000,
        )
        self.withdraw([one for line, one in self.moving if line.fate], at)
        self.let_run([one for _, one in self.moving], at)
        Case.objects.filter(pk__in=referrals).update(
            state=State.RECEIVED, officer=None, accepted_at=None, version=F("version") + 1
        )
        # the new owner accepts on a clock of its own, and the safeguarding partner is told of it on one; of the others
        # only what never ran starts, and none gets longer
        ended_now = Clock.objects.filter(referral__in=referrals, clock=queries.ACCEPTANCE, met_at__isnull=True)
        ended_now.update(
            met_at=Greatest(Value(self.midnight), F("started_at")), ended_because="changeover: another unit owns it"
        )
        clocks = Clock.objects.filter(referral__in=referrals)
        ran = set(clocks.exclude(clock=queries.SAFEGUARDING, met_at__isnull=False).values_list("referral", "clock"))
        Clock.objects.bulk_create(
            (
                running_clock(one.referral, started, at[one.referral.pk])
                for (_, one), answer in zip(self.moving, decided, strict=True)
                for started in answer.clocks
                if started.clock == queries.ACCEPTANCE or (one.referral.pk, started.clock) not in ran
            ),
            batch_size=1000,
        )
        for (line, one), answer in zip(self.moving, decided, strict=True):
            old = queries.unit_name(self.pack, line.before.unit, line.before.borough, self.plan.day - timedelta(days=1))
            new = queries.unit_name(self.pack, line.after.unit, line.after.borough, self.plan.day)
            moment = at[one.referral.pk]
            self.tell(one, "decided", answer.explanation, moment, by_words="the remit")
            if line.fate:
                self.tell(one, "withdrawn", "The offer is withdrawn: another unit owns it now.", moment)
            says = f"Changeover: {new} owns it now, and is to accept it; before, {old} did."
            self.tell(one, "owner_changed", says, moment)
        for (line, _), answer, version in zip(self.moving, decided, versions, strict=True):
            announce(version, answer, (line.after.unit, line.after.borough), self.actor, at=version.recorded_at)

    def let_run(self, stand: list[Standing], at: Mapping[object, datetime]) -> None:
        """End the suspensions and pauses of these cases: whoever owns them now decides anew what can wait.

        They are few, so each is written by itself.
        """
        person = self.actor if isinstance(self.actor, User) else None
        those = [one.referral.pk for one in stand]
        suspended = Suspension.objects.filter(referral__in=those, ended_at__isnull=True)
        for one in suspended:
            one.ended_at, one.ended_by, one.ended_because = max(at[one.referral_id], one.at), person, self.reason
            one.save(update_fields=["ended_at", "ended_by", "ended_because"])
        for paused in Clock.objects.filter(referral__in=those, paused_at__isnull=False, met_at__isnull=True):
            restart_clock(paused, person, at[paused.referral_id], self.reason)
        reviews = Clock.objects.filter(referral__in=those, clock=queries.SUSPENSION_REVIEW, met_at__isnull=True)
        reviews.update(met_at=Greatest(Value(self.midnight), F("started_at")), ended_because="changeover")

    def decide_again(self, stand: list[Standing], at: Mapping[object, datetime]):
        """Versions, decisions to keep and answers: a decision belongs to one version, so the facts are kept again."""
        versions, decisions, answers = [], [], []
        for one in stand:
            facts = self.pack.read_facts(dict(one.given))
            version = version_of(
                one.referral,
                facts,
                one.facts.elements,
                at=at[one.referral.pk],
                by=self.actor,
                version=one.facts.version + 1,
                reason=self.reason,
            )
            decision, decided = decision_on(version, facts, self.pack, self.plan.day)
            versions.append(version)
            decisions.append(decision)
            answers.append(decided)
        return versions, decisions, answers

    def withdraw(self, stand: list[Standing], at: Mapping[object, datetime]) -> None:
        """Answer these open offers, and end the clocks that waited for the answer."""
        for moment, offers in grouped((at[one.referral.pk], one.offer.pk) for one in stand if one.offer).items():
            Offer.objects.filter(pk__in=offers).update(
                answer=Offer.Answer.WITHDRAWN, answered_at=moment, answer_reason=self.reason
            )
        waiting = Clock.objects.filter(
            referral__in=[one.referral.pk for one in stand],
            holder__in=(queries.OFFERED, queries.COMMANDER),
            met_at__isnull=True,
        )
        waiting.update(
            met_at=Greatest(Value(self.midnight), F("started_at")), ended_because="changeover: the offer was withdrawn"
        )

    def ask_elsewhere(self, line: Line, one: Standing) -> None:
        """Of a case that stays, whoever was asked is not there any more: ask who is there instead, or nobody."""
        offer = one.offer
        if offer is None:
            raise RuntimeError(f"{line.case.reference}: no offer is open")
        moment = one.moment(self.midnight)
        gone = queries.unit_name(self.pack, offer.to_unit, offer.to_borough, self.plan.day)
        case = one.referral.case
        if line.fate is Fate.WITHDRAWN:
            self.withdraw([one], {one.referral.pk: moment})
            case.state = offer.state_before
            self.tell(one, "withdrawn", f"The offer is withdrawn: {gone} is not there any more.", moment)
            if one.given != queries.facts_as_given(one.facts, self.pack):
                versions, decisions, answers = self.decide_again([one], {one.referral.pk: moment})
                versions[0].save(force_insert=True)
                decisions[0].save(force_insert=True)
                self.tell(one, "decided", answers[0].explanation, moment, by_words="the remit")
        else:
            self.offer_again(line, one, offer, gone, moment)
        case.version += 1
        case.save(update_fields=["state", "version"])

    def offer_again(self, line: Line, one: Standing, offer: Offer, gone: str, moment: datetime) -> None:
        """The same question to somebody else. The clock of its answer runs on: whoever asked has waited since then."""
        to = line.asked or domain.TO_BE_SETTLED
        offer.answer, offer.answered_at, offer.answer_reason = Offer.Answer.WITHDRAWN, moment, self.reason
        offer.save(update_fields=["answer", "answered_at", "answer_reason"])
        state_before = offer.state_before
        if to == domain.TO_BE_SETTLED:
            handed_back = Offer.objects.filter(referral=one.referral, kind=Offer.Kind.HAND_BACK, to_unit="")
            first = handed_back.order_by("-pk").first()
            state_before = first.state_before if first else State.RECEIVED
            one.referral.case.state = State.HANDED_BACK
            says = f"{gone} is not there any more: the hand-back is to be settled again."
        else:
            name = queries.unit_name(self.pack, to.unit, to.borough, self.plan.day)
            says = f"{gone} is not there any more: {name} is asked instead."
        Offer.objects.create(
            referral=one.referral,
            kind=offer.kind,
            from_unit=line.before.unit,
            from_borough=line.before.borough,
            to_unit=to.unit,
            to_borough=to.borough,
            decision=offer.decision,
            reason=offer.reason,
            offered_at=moment,
            offered_by=offer.offered_by,
            state_before=state_before,
        )
        self.tell(one, "offered", says, moment)

    def end_requests(self) -> None:
        """End what is asked of a unit that is gone without a successor, or of the one that owns the case now.

        What is asked of a unit that became another is that one's to answer, and stays. Those that end are few, so each
        is told by itself.
        """
        owner = {one.referral.pk: (line, one) for line, one in self.pairs}
        ended = []
        running = SupportRequest.objects.filter(open_before(self.midnight), stage__in=CONCERNED)
        for request in running.order_by("pk"):
            line, one = owner[request.referral_id]
            asked = self.pack.units.heir(request.to_unit, self.plan.day)
            because = pointless(asked, line.after.unit, self.here)
            if not because:
                continue
            request.stage = Stage.ENDED if request.stage == Stage.GIVEN else Stage.WITHDRAWN
            request.ended_at = max(one.moment(self.midnight), request.asked_at)
            request.result = f"{self.reason}; {because}"
            ended.append(request)
            self.tell_end(line, one, request, because)
        SupportRequest.objects.bulk_update(ended, ["stage", "ended_at", "result"], batch_size=1000)
        waiting = [key for one in ended for key in (one.answer_clock_id, one.decision_clock_id) if key]
        Clock.objects.filter(pk__in=waiting, met_at__isnull=True).update(
            met_at=Greatest(Value(self.midnight), F("started_at")), ended_because="changeover: nobody is asked any more"
        )
        self.requests_ended = len(ended)

    def tell_end(self, line: Line, one: Standing, request: SupportRequest, because: str) -> None:
        """The timeline, the audit trail and the owner are told that a request is over."""
        day, restricted = self.plan.day, one.referral.restricted
        asked = queries.unit_name(self.pack, request.to_unit, "", day - timedelta(days=1))
        resource = self.pack.resources.label(request.resource, day)
        kind = f"support_{request.stage}"
        says = f"{resource} from {asked}: {Stage(request.stage).words}, since {because}."
        self.tell(one, kind, says, request.ended_at)
        record(
            self.actor,
            Duty.ALTERATION,
            kind,
            f"referral:{line.case.reference}",
            request=request.pk,
            resource=request.resource,
            unit=request.to_unit,
            stage=request.stage,
            day=day.isoformat(),
        )
        notify(
            self.actor,
            To(unit=line.after.unit, borough=line.after.borough, role=Role.SUPERVISOR if restricted else None),
            key=f"support:{request.pk}:{kind}:changeover",
            kind=kind,
            says=f"{line.case.reference}: support of {asked} is over with the changeover: {because}.",
            reference=line.case.reference,
            at=request.ended_at,
        )

    def tell(self, one: Standing, kind: str, says: str, at: datetime, by_words: str = BY_WORDS) -> None:
        reason = "" if kind == "decided" else self.reason
        self.events.append(line_of(one.referral, kind, says, self.actor, at=at, reason=reason, by_words=by_words))


def grouped(pairs: Iterable[tuple[datetime, object]]) -> dict[datetime, list[object]]:
    found: dict[datetime, list[object]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


# The certificate


def certified(planned: Plan, stand: list[Standing], pack: Pack, actor: Actor, requests_ended: int) -> Changeover:
    """Read back who owns what, and keep the certificate of it with a line for each referral that was touched.

    Raises RuntimeError, which undoes the night, where a case has not exactly one owner that exists.
    """
    owners = Ownership.objects.filter(open_before(planned.midnight), period__endswith__isnull=True)
    rows = list(owners.values_list("referral__reference", "unit", "borough").order_by("referral__reference"))
    here = {there.id for there in pack.units.on(planned.day).units}
    often = Counter(reference for reference, _, _ in rows)
    wrong = [reference for reference, unit, _ in rows if unit not in here or often[reference] > 1]
    wrong += sorted({line.case.reference for line in planned.lines} - often.keys())
    if wrong:
        raise RuntimeError(f"without exactly one owner that exists on {planned.day}: {', '.join(wrong[:20])}")
    person = actor if isinstance(actor, User) else None
    by = person.post if person else actor.audit_name
    now = timezone.localtime(clock.now())
    content = {
        "says": f"Each of {len(rows)} open cases received before {planned.day} has exactly one owner that exists then.",
        "day": planned.day.isoformat(),
        "run_at": now.isoformat(timespec="seconds"),
        "by": by,
        "pack": pack.id,
        "pack_hash": pack.hash,
        "open": len(rows),
        "orphans": 0,
        "passed": len(planned.moving),
        "offers_withdrawn": sum(line.fate is Fate.WITHDRAWN for line in planned.lines),
        "offers_asked_elsewhere": sum(line.fate is Fate.ASKED_ELSEWHERE for line in planned.lines),
        "requests_ended": requests_ended,
        "owners": dict(sorted(Counter(unit for _, unit, _ in rows).items())),
        "owners_hash": content_hash(*(part for row in rows for part in row)),
        "units": [load.as_dict() for load in planned.loads],
    }
    kept = Changeover.objects.create(
        day=planned.day,
        run_at=now,
        by=person,
        by_words=by,
        pack=pack.id,
        pack_hash=pack.hash,
        certificate={**content, "hash": hash_of(content)},
    )
    ChangeoverLine.objects.bulk_create(
        (
            ChangeoverLine(
                changeover=kept,
                referral=one.referral,
                from_unit=line.before.unit,
                from_borough=line.before.borough,
                to_unit=line.after.unit,
                to_borough=line.after.borough,
                rule=line.rule,
                cause=line.cause or "",
                fate=line.fate or "",
            )
            for line, one in zip(planned.lines, stand, strict=True)
            if line.touched
        ),
        batch_size=1000,
    )
    record(
        actor,
        Duty.ALTERATION,
        "changeover_run",
        f"changeover:{planned.day}",
        passed=len(planned.moving),
        open=len(rows),
        pack=pack.version,
        certificate=kept.certificate["hash"],
    )
    return kept


def hash_of(content: Mapping[str, object]) -> str:
    """The hash that a certificate carries: of everything else in it, in the order of the names."""
    rest = {name: value for name, value in content.items() if name != "hash"}
    return content_hash(json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


# For the pages


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The plan of a day for one viewer: all the numbers, and of the cases only those that are theirs to see."""

    totals: Totals
    shown: Page
    hidden: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What one unit was given in a night, and how much of it nobody has accepted yet."""

    name: str
    passed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One night for one viewer: the certificate, what each unit has accepted since, and the cases they may see."""

    changeover: Changeover
    taking: tuple[Taking, ...]
    shown: Page
    hidden: int


def visible(viewer: Viewer) -> QuerySet[QueueLine]:
    """The lines that a viewer's list may name: all units', or their own unit's."""
    found = queries.present(viewer)
    return found if queries.sees_all(viewer) else found.filter(queries.at(viewer))


def rehearsal_for(user: User, day: date, page: object) -> Rehearsal:
    """The rehearsal of a day, as far as the viewer may see it. The reading is noted.

    The open cases are counted by all that decides what the night does with them, and only those of the page are read.
    """
    pack, midnight = policy.pack(), midnight_of(day)
    answers = Answers(day, pack, None)
    rows = counted(midnight)
    facts = FactVersion.objects.only("facts", "borough").in_bulk([row["version"] for row in rows])
    kinds = [
        Alike(case_of_kind(row, facts[row["version"]], answers), row["number"], row["late"], row["soon"])
        for row in rows
    ]
    totals = domain.totals(kinds, pack.units, midnight)
    listed = [row for row, line in zip(rows, totals.lines, strict=True) if line.touched or line.orphan]
    theirs = visible(user.viewer).filter(referral__in=of_kinds(listed, midnight))
    shown = Paginator(theirs.select_related("facts").order_by("reference"), queries.PAGE).get_page(page)
    here = domain.plan(cases_of(shown.object_list, answers), pack.units, midnight)
    shown.object_list = list(here.lines)
    note(user, "changeover_rehearsed", day, [line.case.reference for line in shown.object_list])
    return Rehearsal(totals, shown, totals.listed - shown.paginator.count)


KIND = {
    "unit": "text",
    "borough": "text",
    "state": "text",
    "restricted": "boolean",
    "decided": "text",
    "profile": "int",
    "vocabulary": "text",
    "known_borough": "text",
    "asked": "text",
    "to_unit": "text",
    "to_borough": "text",
}
"""All that decides what the night does with a case: how it stands, its facts, and what is asked of whom."""
OPEN_LINES = """
    SELECT line.*, coalesce(offer.kind, '') AS asked, coalesce(offer.to_unit, '') AS to_unit,
        coalesce(offer.to_borough, '') AS to_borough
    FROM cases_queueline AS line
    LEFT JOIN cases_offer AS offer ON offer.referral_id = line.referral_id AND offer.answer = ''
    WHERE line.state <> 'closed' AND line.received_at < %s
"""


def counted(midnight: datetime) -> list[dict[str, object]]:
    """How many open cases there are of each kind, how many are overdue by the night or soon after; one version each."""
    sql = f"""
        SELECT {", ".join(KIND)}, count(*) AS number, count(*) FILTER (WHERE due_at < %s) AS late,
            count(*) FILTER (WHERE due_at >= %s AND due_at < %s) AS soon, min(facts_id) AS version
        FROM ({OPEN_LINES}) AS each GROUP BY {", ".join(KIND)}
    """  # noqa: S608 - the names are ours
    with connection.cursor() as cursor:
        cursor.execute(sql, [midnight, midnight, midnight + domain.SOON, midnight])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def of_kinds(rows: list[dict[str, object]], midnight: datetime) -> RawSQL:
    """The referrals of these kinds, as a condition: one look at the lines, however many kinds there are."""
    arrays = ", ".join(f"%s::{kind}[]" for kind in KIND.values())
    sql = f"""
        SELECT referral_id FROM ({OPEN_LINES}) AS each
        JOIN unnest({arrays}) AS kind ({", ".join(KIND)}) USING ({", ".join(KIND)})
    """  # noqa: S608 - the names are ours
    return RawSQL(sql, [midnight, *([row[name] for row in rows] for name in KIND)])  # noqa: S611 - as above


def case_of_kind(row: dict[str, object], facts: FactVersion, answers: Answers) -> OpenCase:
    """A case of that kind, of no referral."""
    line = {name: row[name] for name in KIND if name not in ("asked", "to_unit", "to_borough")}
    offer = Offer(kind=row["asked"], to_unit=row["to_unit"], to_borough=row["to_borough"]) if row["asked"] else None
    return case_of(QueueLine(**line, facts=facts), offer, answers)


def case_of(line: QueueLine, offer: Offer | None, answers: Answers) -> OpenCase:
    """The case of a line with its newest facts, as the night finds it."""
    _, answer, heir = answers.to(line.facts, offer)
    return OpenCase(
        reference=line.reference,
        owner=Place(line.unit, line.borough),
        decided=line.decided,
        answer=answer,
        state=State(line.state),
        offered_to=Place(offer.to_unit, offer.to_borough) if offer else None,
        escalation=bool(offer and offer.kind == Offer.Kind.ESCALATION),
        if_accepted=heir,
        restricted=line.restricted,
        due=line.due_at,
    )


def cases_of(lines: Iterable[QueueLine], answers: Answers) -> list[OpenCase]:
    """The cases of these lines, in one query."""
    lines = list(lines)
    offers = {one.referral_id: one for one in Offer.objects.filter(referral__in=[one.pk for one in lines], answer="")}
    return [case_of(line, offers.get(line.pk), answers) for line in lines]


def night_for(user: User, key: int, page: object) -> Kept | None:
    """One night that was run, as far as the viewer may see it; None where there is none. The reading is noted."""
    found = Changeover.objects.filter(pk=key).first()
    if found is None:
        return None
    lines = found.lines.select_related("referral").order_by("referral__reference")
    theirs = lines.filter(referral__in=visible(user.viewer).values("referral"))
    shown = Paginator(theirs, queries.PAGE).get_page(page)
    waiting = Count("pk", filter=Q(referral__case__state=State.RECEIVED))
    units = (
        found.lines.exclude(cause="")
        .values_list("to_unit")
        .annotate(n=Count("pk"), waiting=waiting)
        .order_by("to_unit")
    )
    taking = tuple(Taking(queries.unit_name(policy.pack(), unit, "", found.day), *counts) for unit, *counts in units)
    note(user, "changeover_opened", found.day, [line.referral.reference for line in shown.object_list])
    return Kept(found, taking, shown, lines.count() - shown.paginator.count)


def note(user: User, action: str, day: date, references: list[str]) -> None:
    with transaction.atomic():
        record(user, Duty.CONSULTATION, action, f"changeover:{day}", references=references)


def days_of_change(pack: Pack) -> tuple[date, ...]:
    """The days on which a unit begins or ends or the remit changes, in order."""
    return tuple(
        sorted({*pack.units.change_days, *(start for start in pack.policy.starts if start > pack.remit.start)})
    )
