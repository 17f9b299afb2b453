"""The demonstration's referrals: received and worked as a year of them would have been, by the site's own actions.

Every referral is a life of its own (`Life`); one loop lets them all go on in the order of time, with the clock standing
at each moment. What is done, how often and in which words is data of the pack's sample folder.
"""

from __future__ import annotations

import heapq
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from palermo.domain.access import Role
from palermo.packs.sampling import Dice, Sample, Sampling, has_samples, read_sampling

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser as User

    from palermo.packs import Pack

COUNT = 700
TOLD_EVERY = 100
DAY = timedelta(days=1)
YEARS = timedelta(days=36_500)
SETTLED = ("received", "accepted", "allocated")
LEADS_TO = {"accept": "accepted", "take": "allocated", "allocate": "allocated", "hand_back": "handed_back"}
"""The moves after which it is plain how a referral stands."""


@dataclass(frozen=True, slots=True)
class Command:
    """Who receives and hands over: not an account, but this command."""

    audit_name: str = "command:samples"
    role: str = ""
    unit: str = ""


@dataclass(slots=True)
class Held:
    """A referral that was received, as far as the next move depends on it."""

    sample: Sample
    referral: Any
    owner: str
    borough: str
    urgent: bool
    state: str = "received"
    version: int = 1
    facts: dict[str, Any] = field(default_factory=dict)
    moved: bool = False
    """Whether its facts, or its owner, may be others than on receipt."""

    @property
    def reference(self) -> str:
        return self.referral.reference

    @property
    def place(self) -> tuple[str, str]:
        return self.owner, self.borough


def receive_samples(many: int = COUNT) -> None:
    """Receive the invented referrals and do with them what would have been done by now, all or nothing.

    They are those of the pack's own seed, the same each time but for their references; what was done with the latest
    depends on the time of day at which they are loaded.
    """
    from django.conf import settings
    from django.db import transaction

    from palermo.web import clock, policy

    if not has_samples(settings.PACK):
        say(f"  none: the pack {settings.PACK} has nothing to make them from")
        return
    sampling = read_sampling(policy.pack(), settings.PACK)
    with transaction.atomic():
        Year(sampling, clock.now(), Dice(sampling.seed)).play(sampling.samples(many, sampling.seed))


class Year:
    """Everything that happens, in the order of time, up to the present."""

    def __init__(self, sampling: Sampling, present: datetime, dice: Dice) -> None:
        self.pack: Pack = sampling.pack
        self.work = sampling.work
        self.present = present
        self.dice = dice
        self.posts = Posts(self.pack)
        self.held: list[Held] = []
        self.share_so_far: Counter[tuple[str, bool]] = Counter()
        self.turn = count()
        self.waiting: list[tuple[datetime, int, Iterator[datetime]]] = []

    def play(self, samples: tuple[Sample, ...]) -> None:
        from palermo.web import clock

        for late, sample in enumerate(reversed(samples)):
            # what the day is still to bring has come in the last minutes instead
            self.begin(min(moment_of(sample), self.present - timedelta(minutes=2 + 9 * late)), self.life(sample))
        for day in self.changes(samples[0].received):
            self.begin(at_midnight(day), self.changeover(day))
        for row in self.work["latest"]:
            self.begin(self.present - timedelta(hours=row["hours"]), self.latest(row))
        while self.waiting:
            moment, _, what = heapq.heappop(self.waiting)
            if moment > self.present:
                continue
            with clock.standing_at(moment):
                following = next(what, None)
            if following is not None:
                self.begin(max(following, moment), what)

    def begin(self, moment: datetime, what: Iterator[datetime]) -> None:
        heapq.heappush(self.waiting, (moment, next(self.turn), what))

    def changes(self, first: date) -> list[date]:
        """The days since the first referral from which another organisation holds."""
        return [day for day in self.pack.units.change_days if first < day <= local_day(self.present)]

    # one referral after another

    def life(self, sample: Sample) -> Iterator[datetime]:
        """What is done with one referral, from its receipt; gives back the moment of what comes next."""
        from palermo.web import clock

        held = self.receive(sample)
        received = clock.now()
        if self.stays_unaccepted(held):
            return
        yield received + self.some("accept_urgent" if held.urgent else "accept_other")
        self.move(held, "accept")
        accepted = clock.now()
        yield accepted + self.some("done_urgent" if held.urgent else "done_other")
        self.do_what_is_due(held)
        if self.dice.below(100) < self.work["shares"]["taken"]:
            # an officer of a unit that is to go hands on what is left; who has it then is settled afterwards
            yield max(clock.now(), self.stays_from(held)) + self.some("take")
            self.give(held)
        yield from self.odd_turn(held, accepted)

    def receive(self, sample: Sample) -> Held:
        from palermo.web import clock
        from palermo.web.intake.actions import Submission, receive_referral

        sender = self.posts.of_body(sample.referring_body)
        there = receive_referral(
            Submission(
                key=f"sample:{sample.id}",
                channel="sample",
                received_at=clock.now(),
                referring_body=sample.referring_body,
                facts=dict(sample.facts),
                elements=dict(sample.elements),
                potential_victims=tuple(dict(person) for person in sample.people),
                account=sample.account,
                first_responder=sample.first_responder,
                sender_reference=sample.id,
                sent_by_borough=sample.sent_by_borough,
            ),
            sender or Command(),
        ).referral
        owner = there.ownerships.get()
        acceptance = self.pack.start_clocks(
            "received", self.pack.read_facts(sample.facts), owner.unit, on=sample.received, at=clock.now()
        )
        urgent = any(one.clock == "acceptance" and isinstance(one.due, datetime) for one in acceptance)
        held = Held(sample, there, owner.unit, owner.borough, urgent, facts=dict(sample.facts))
        self.held.append(held)
        if len(self.held) % TOLD_EVERY == 0:
            say(f"  {len(self.held)} received, up to {sample.received}")
        return held

    def stays_unaccepted(self, held: Held) -> bool:
        """Of each unit's latest referrals, spread evenly, some."""
        row, age = self.work["unaccepted"], self.present - held.referral.received_at
        latest = age < row["last_days"] * DAY
        if not latest and age > row["last_weeks_days"] * DAY:
            return False
        share = row["of_these"] if latest else row["of_those"]
        # a sum that passes 100 once in so many; the first one of a unit is among them
        before = self.share_so_far[held.owner, latest]
        self.share_so_far[held.owner, latest] += share
        return before % 100 < share

    def give(self, held: Held) -> None:
        """To an officer: a supervisor allocates where there is one, else an officer takes it on."""
        supervisor, officer = self.posts.supervisor(*held.place), self.posts.officer(*held.place)
        if supervisor and officer.is_active and self.dice.below(2):
            self.move(held, "allocate", officer.pk, "", by=supervisor)
        else:
            self.move(held, "take", by=officer)

    def stays_from(self, held: Held) -> datetime:
        """From when on its owner, or the unit that follows the owner, is there to stay."""
        if held.owner in self.pack.units.on(local_day(self.present)):
            return self.present - YEARS
        return at_midnight(max(self.changes(held.sample.received), default=held.sample.received))

    def do_what_is_due(self, held: Held) -> None:
        """Stop the clocks that are stopped by hand, in one move; of the latest referrals some are left running."""
        from palermo.web import clock
        from palermo.web.cases import actions
        from palermo.web.cases.actions import Move

        shares = self.work["shares"]
        recent = clock.now() > self.present - shares["left_running_days"] * DAY
        running = [one for one in held.referral.clocks.filter(met_at__isnull=True) if one.clock in self.work["done"]]
        done = [one for one in running if not (recent and self.dice.below(100) < shares["left_running"])]
        if not done:
            return
        officer = self.posts.officer(*held.place)
        with actions.moving(officer, held.reference, Move.FINISH, actions.Seen(held.version, 0)) as hand:
            hand.end({one.clock for one in done}, "done")
            for one in done:
                late = " It was overdue." if one.due_at < hand.at else ""
                hand.tell("clock_met", f"Done: {one.label}.{late}", self.work["done"][one.clock])
        held.version += 1

    def odd_turn(self, held: Held, accepted: datetime) -> Iterator[datetime]:
        """To some referrals something more happens: a fact is corrected, or the owner asks to be rid of it."""
        shares = self.work["shares"]
        chance = self.dice.below(100)
        later = accepted + self.some("ask")
        if held.owner in self.pack.remit.by_borough and chance < shares["escalated"]:
            yield later
            row = self.dice.one_of(self.work["escalation"])
            self.ask(held, "escalate", row["reason"])
        elif chance < shares["corrected"]:
            yield later
            rows = [row for row in self.work["correction"] if held.facts.get(row["field"]) == row["from"]]
            if rows:
                row = self.dice.one_of(rows)
                self.ask(held, "correct", row["field"], row["to"], row["reason"])
        elif chance >= 100 - shares["handed_back"]:
            yield later
            yield from self.back_and_forth(held)
        yield from self.answered(held)

    def back_and_forth(self, held: Held) -> Iterator[datetime]:
        from palermo.web import clock

        row = self.dice.one_of(self.work["hand_back"])
        if held.state in SETTLED:
            self.move(held, "hand_back", row["reason"])
            yield clock.now() + self.some("settle")
            if held.state == "handed_back":
                self.move(held, "keep_with_owner", row["settled"], by=self.posts.leader(*held.place))

    def answered(self, held: Held) -> Iterator[datetime]:
        """An offer is answered by whoever was asked."""
        from palermo.web import clock

        if held.state != "offered":
            return
        yield clock.now() + self.some("answer")
        if held.state != "offered":
            return
        offer = held.referral.offers.get(answer="")
        officer = self.posts.officer(offer.to_unit, offer.to_borough)
        if self.dice.below(100) < self.work["shares"]["offer_accepted"]:
            self.move(held, "accept_offer", self.work["answers"]["accepted"], by=officer)
            yield clock.now() + self.some("take")
            self.give(held)
        else:
            self.move(held, "refuse_offer", self.work["answers"]["refused"], by=officer)

    def latest(self, row: dict[str, Any]) -> Iterator[datetime]:
        """What a unit did in the last hours, on referrals that are with an officer there."""
        from palermo.web import clock

        times = 0
        for held in self.dice.shuffled(self.held):
            if times == row["times"]:
                return
            if held.state != "allocated" or not self.fits(held, row):
                continue
            if row["move"] == "correct":
                self.ask(held, "correct", row["field"], row["to"], row["reason"])
            elif row["move"] == "escalate":
                self.ask(held, "escalate", row["reason"])
            else:
                self.move(held, "hand_back", row["reason"])
            times += held.state != "allocated"
            yield clock.now() + self.some("after")

    def fits(self, held: Held, row: dict[str, Any]) -> bool:
        """Whether the referral is the unit's, and what the row says is not at odds with what is known of the person."""
        if (held.owner, held.borough) != (row["unit"], row.get("borough", held.borough)):
            return False
        if row.get("birth_unknown") and any(person["date_of_birth"] for person in held.sample.people):
            return False
        return "field" not in row or held.facts.get(row["field"]) == row["from"]

    # moves

    def some(self, what: str) -> timedelta:
        first, last = self.work["minutes"][what]
        return timedelta(minutes=self.dice.among(first, last))

    def ask(self, held: Held, move: str, *about: object) -> None:
        """A move that may change the facts and offer the referral; nothing where the site refuses it."""
        from palermo.web.cases.actions import Refused

        if held.state not in SETTLED:
            return
        try:
            self.move(held, move, *about)
        except Refused:
            return
        if move == "correct":
            held.facts[str(about[0])] = about[1]

    def move(self, held: Held, name: str, *about: object, by: User | None = None) -> None:
        """Make the move through the site's own actions, as an officer of the owner where nobody else is named."""
        from palermo.web.cases import actions

        moving: Callable[..., object] = getattr(actions, name)
        moving(by or self.posts.officer(*held.place), held.reference, actions.Seen(held.version, 0), *about)
        held.version += 1
        if name in LEADS_TO:
            held.state = LEADS_TO[name]
        else:
            self.look(held)

    def look(self, held: Held) -> None:
        """How it stands now, where the move alone does not say it."""
        held.moved = True
        held.referral.case.refresh_from_db(fields=["state", "version"])
        held.state, held.version = held.referral.case.state, held.referral.case.version
        owner = held.referral.ownerships.get(period__endswith__isnull=True)
        held.owner, held.borough = owner.unit, owner.borough

    # the night of a change

    def changeover(self, day: date) -> Iterator[datetime]:
        """Hand over whatever the change leaves in the wrong hands."""
        passed = hand_over_on(day, [held.reference for held in self.held if held.moved or self.concerned(held, day)])
        for held in self.held:
            if held.reference in passed:
                self.look(held)
        if passed:
            say(f"  {len(passed)} handed over on {day}")
        yield from ()

    def concerned(self, held: Held, day: date) -> bool:
        """Whether a referral that is as it was received goes to another unit that day."""
        return self.pack.decide(self.pack.read_facts(held.facts), on=day).owner != held.owner


def hand_over_on(day: date, references: Iterable[str]) -> tuple[str, ...]:
    """Hand each of these referrals to the unit that the remit of the day names; the references of those it touched.

    Moved are those whose owner is not there any more, and those that stand where the remit itself had put them. What
    somebody settled otherwise stays so. An offer to a unit that is not there any more is withdrawn, and so is any of a
    referral that moves. Running clocks run on; an officer of the old unit has it no longer.

    A decision belongs to one version of the facts and is never rewritten, so the facts are kept once more as they were,
    with the changeover as the reason. Call inside a transaction.
    """
    from palermo.web import policy

    here, free = policy.pack().units.on(day), policy.bank_holidays()
    return tuple(reference for reference in references if hand_over(reference, day, here, free))


def hand_over(reference: str, day: date, here: Container[str], free: Container[date]) -> bool:
    """Whether the changeover touched it, and if so it is done."""
    from palermo.web import policy
    from palermo.web.audit.actions import Duty, record
    from palermo.web.cases import queries
    from palermo.web.intake.actions import decide, keep_facts, pass_ownership, tell

    work, pack = queries.work(reference, lock=True), policy.pack()
    if work is None:
        raise LookupError(f"no referral {reference}")
    at, actor, owner = at_midnight(day), Command("command:changeover"), work.owner.unit
    given, offer = queries.facts_as_given(work.facts, pack), work.offer
    if offer:
        given |= {name: pack.vocabulary.by_name[name].missing for name in queries.MADE_BY_MOVES}
    facts = pack.read_facts(given)
    moves = pack.decide(facts, on=day, holidays=free).owner != owner and (
        owner not in here or owner == work.decision.owner
    )
    if not moves and not (offer and offer.to_unit and offer.to_unit not in here):
        return False

    reason = f"changeover: the remit of {day.day} {day:%B %Y}"
    version = keep_facts(
        work.referral, facts, work.facts.elements, at=at, by=actor, version=work.facts.version + 1, reason=reason
    )
    decision, decided = decide(version, facts, pack, on=day)
    tell(work.referral, "decided", decided.explanation, actor, at=at, by_words="the remit")
    case = work.case
    if offer:
        offer.answer, offer.answered_at, offer.answer_reason = "withdrawn", at, reason
        offer.save(update_fields=["answer", "answered_at", "answer_reason"])
        waiting = work.referral.clocks.filter(holder=queries.OFFERED, met_at__isnull=True)
        waiting.update(met_at=at, ended_because="the offer was withdrawn")
        before = "accepted" if case.accepted_at else "received"
        case.state = offer.state_before if offer.state_before in SETTLED else before
        tell(work.referral, "withdrawn", "The offer is withdrawn.", actor, at=at, reason=reason, by_words="the record")
    if moves:
        place = decided.owner, decided.owner_borough or ""
        pass_ownership(work.referral, *place, how="changeover", decision=decision, at=at)
        case.officer, case.state = None, "accepted" if case.state == "allocated" else case.state
        old, new = queries.unit_name(pack, *work.place, day - DAY), queries.unit_name(pack, *place, day)
        says = f"Changeover: {new} owns it now; before, {old} did."
        tell(work.referral, "owner_changed", says, actor, at=at, reason=reason, by_words="the record")
    case.version += 1
    case.save()
    record(
        actor,
        Duty.ALTERATION,
        "referral_handed_over" if moves else "offer_withdrawn",
        f"referral:{reference}",
        version=case.version,
        owner=decided.owner if moves else owner,
        rule=decided.rule,
        pack=pack.version,
        day=day.isoformat(),
    )
    return True


class Posts:
    """Who acts for a unit: the demonstration's account where there is one, else a post that nobody can sign in to."""

    def __init__(self, pack: Pack) -> None:
        from django.contrib.auth import get_user_model

        self.pack = pack
        self.users = get_user_model().objects
        self.there: list[User] = list(self.users.order_by("pk"))

    def of_body(self, body: str) -> User | None:
        return next((one for one in self.there if one.body == body), None)

    def officer(self, unit: str, borough: str) -> User:
        return self.working(Role.OFFICER, unit, borough) or self.make(unit, borough)

    def supervisor(self, unit: str, borough: str) -> User | None:
        return self.working(Role.SUPERVISOR, unit, borough)

    def leader(self, unit: str, borough: str) -> User | None:
        """Whoever settles a hand-back: the supervisor, or the commander."""
        return self.supervisor(unit, borough) or next(one for one in self.there if one.role == Role.COMMANDER)

    def working(self, role: Role, unit: str, borough: str) -> User | None:
        found = (one for one in self.there if (one.role, one.unit, one.borough) == (role, unit, borough))
        return next(found, None)

    def make(self, unit: str, borough: str) -> User:
        names = [row.name for row in self.pack.units.units if row.id == unit]
        post = f"Officer, {f'{borough} borough' if borough else (names or [unit])[-1]}"
        made = self.users.create_user(
            username=f"post-{unit}-{borough}".lower().replace(" ", "-").rstrip("-"),
            post=post,
            role=Role.OFFICER,
            unit=unit,
            borough=borough,
            is_active=False,
        )
        self.there.append(made)
        return made


def moment_of(sample: Sample) -> datetime:
    from django.utils import timezone

    return timezone.make_aware(datetime.combine(sample.received, sample.at))


def at_midnight(day: date) -> datetime:
    from django.utils import timezone

    return timezone.make_aware(datetime.combine(day, time.min))


def local_day(moment: datetime) -> date:
    from django.utils import timezone

    return timezone.localdate(moment)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
