"""The demonstration's referrals: received and worked as a year of them would have been, by the site's own actions.

Every referral is a life of its own (`Life`); one loop lets them all go on in the order of time, with the clock standing
at each moment. What is done, how often and in which words is data of the pack's sample folder.
"""

from __future__ import annotations

import heapq
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from palermo.domain.access import Role
from palermo.packs.sampling import Dice, Sample, Sampling, has_samples, read_sampling
from palermo.web.audit.actors import Command

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser as User

    from palermo.packs import Pack

COUNT = 300
TOLD_EVERY = 100
DAY = timedelta(days=1)
FIRST = ("child_safety", "safeguarding")
"""What is done first, whatever the assessment comes to."""
TAKEN_ON = ("accepted", "assessed", "allocated", "investigating", "reopened")
SETTLED = ("received", *TAKEN_ON)
LEADS_TO = {
    "accept": "accepted",
    "hand_back": "handed_back",
    "investigate": "investigating",
    "close": "closed",
}
"""The moves after which it is plain how a referral stands."""
LEAVES = ("plan_next",)
"""The moves that leave it as it stands."""


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
    from palermo.web.notices.actions import long_ago

    if not has_samples(settings.PACK):
        say(f"  none: the pack {settings.PACK} has nothing to make them from")
        return
    sampling = read_sampling(policy.pack(), settings.PACK)
    with transaction.atomic(), long_ago():
        Year(sampling, clock.now(), Dice(sampling.seed)).play(sampling.samples(many, sampling.seed))


class Year:
    """Everything that happens, in the order of time, up to the present."""

    def __init__(self, sampling: Sampling, present: datetime, dice: Dice) -> None:
        self.pack: Pack = sampling.pack
        self.work = sampling.work
        self.present = present
        self.dice = dice
        # what other units and the partner do is thrown apart, so that the rest comes out as it would without
        self.other_dice = Dice(sampling.seed + 1)
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
        investigated = self.assess(held)
        if self.dice.below(100) < self.work["shares"]["taken"]:
            yield clock.now() + self.some("take")
            if held.state in TAKEN_ON:
                self.give(held)
                if self.other_dice.below(100) < self.work["shares"]["support_asked"]:
                    self.begin(clock.now() + self.later("ask_support"), self.supported(held))
                if investigated:
                    self.move(held, "investigate", self.dice.one_of(self.work["investigation"])["reason"])
        yield from self.odd_turn(held, accepted)
        yield from self.to_the_end(held, received + self.some("close"))

    def assess(self, held: Held) -> bool:
        """Record the assessment; whether it is to be investigated."""
        if held.state not in TAKEN_ON:
            return False
        row = self.dice.one_of(self.work["assessment"])
        leave = row["course"] != "investigate"
        self.move(held, "assess", elements={}, risk=row["risk"], course=row["course"], reason=row["reason"])
        if leave:
            self.stop(held, {"duty_to_investigate"})
        return not leave

    def to_the_end(self, held: Held, end: datetime) -> Iterator[datetime]:
        """Somebody always says what is next, until it is closed."""
        from palermo.web import clock

        while held.state != "closed":
            if held.state in TAKEN_ON:
                if clock.now() >= end:
                    rows = self.work["closing"]
                    row = rows[self.dice.weighted([row["weight"] for row in rows])]
                    self.move(held, "close", row["outcome"], row["reason"], by=self.posts.leader(*held.place))
                    return
                self.stop(held, {"investigation_review", "duty_to_investigate"})
                row = self.dice.one_of(self.work["next"])
                due = min(local_day(clock.now()) + timedelta(days=row["days"]), local_day(end) + DAY)
                self.move(held, "plan_next", row["what"], due)
            ahead = clock.now() + self.some("look")
            # what is past its end waits for an answer of somebody else, and is looked at again
            yield ahead if clock.now() >= end else min(ahead, end)

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
            sender or Command("command:samples"),
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

    def do_what_is_due(self, held: Held) -> None:
        """Stop the clocks that are stopped by hand, in one move; of the latest referrals some are left running."""
        from palermo.web import clock

        shares = self.work["shares"]
        recent = clock.now() > self.present - shares["left_running_days"] * DAY
        self.stop(held, {name for name in FIRST if not (recent and self.dice.below(100) < shares["left_running"])})

    def stop(self, held: Held, names: set[str]) -> None:
        """Record as done what runs of these, in one move; the safeguarding partner is told on a page of its own."""
        from palermo.web.cases import actions
        from palermo.web.cases.actions import Move
        from palermo.web.cases.queries import SAFEGUARDING

        done = list(held.referral.clocks.filter(met_at__isnull=True, clock__in=names))
        if any(one.clock == SAFEGUARDING for one in done):
            self.tell_partner(held)
        done = [one for one in done if one.clock != SAFEGUARDING]
        if not done:
            return
        officer = self.posts.officer(*held.place)
        with actions.moving(officer, held.reference, Move.FINISH, actions.Seen(held.version, 0)) as hand:
            hand.end({one.clock for one in done}, "done")
            for one in done:
                late = " It was overdue." if one.due_at < hand.at else ""
                hand.tell("clock_met", f"Done: {one.label}.{late}", self.work["done"][one.clock])
        held.version += 1

    def tell_partner(self, held: Held) -> None:
        from palermo.web import clock
        from palermo.web.support import actions

        row, now = self.other_dice.one_of(self.work["safeguarding"]), clock.now()
        contact = actions.Contact(kind="told", at=now, **row)
        actions.add_contact(self.posts.officer(*held.place), held.reference, contact, page=f"sample:{now}")

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
        if held.moved:
            self.stop(held, {"safeguarding"})

    def supported(self, held: Held) -> Iterator[datetime]:
        """Another unit is asked for something and gives it a while, or refuses; then the commander may settle it."""
        from palermo.web import clock
        from palermo.web.cases.actions import NoReferral, Refused
        from palermo.web.support import actions

        texts, shares, dice = self.work["supporting"], self.work["shares"], self.other_dice
        able = {one.id: one.unit for one in self.pack.resources.of(held.owner, local_day(clock.now()))}
        rows = [row for row in self.work["support"] if row["owner"] == held.owner and row["resource"] in able]
        if not rows or held.state not in TAKEN_ON:
            return
        row = dice.one_of(rows)
        unit = able[row["resource"]]
        actions.ask(self.posts.officer(*held.place), held.reference, row["resource"], unit, row["wanted"])
        asked = held.reference, held.referral.support_requests.latest("pk").pk

        def officer_asked() -> User:
            return self.posts.officer(self.pack.units.heir(unit, local_day(clock.now())), "")

        # the case may be closed or the unit may own it before they come to it
        with suppress(NoReferral, Refused):
            yield clock.now() + self.later("answer_support")
            if dice.below(100) < shares["support_refused"]:
                actions.refuse(officer_asked(), *asked, texts["refused"])
                if dice.below(100) >= shares["support_disputed"]:
                    return
                yield clock.now() + self.later("answer_support")
                actions.dispute(self.posts.officer(*held.place), *asked, texts["disputed"])
                yield clock.now() + self.later("answer_support")
                given = bool(dice.below(2))
                reason = texts["settled" if given else "upheld"]
                actions.settle(self.posts.commander(), *asked, given=given, reason=reason)
                if not given:
                    return
                actions.appoint(officer_asked(), *asked, texts["responsible"])
            else:
                actions.accept(officer_asked(), *asked, texts["responsible"], texts["given"])
            yield clock.now() + self.later("give_support")
            actions.end(officer_asked(), *asked, row["result"], Decimal(dice.among(1, 24)) / 2)

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
            if held.state not in ("allocated", "investigating") or not self.fits(held, row):
                continue
            if row["move"] == "correct":
                self.ask(held, "correct", row["field"], row["to"], row["reason"])
            elif row["move"] == "escalate":
                self.ask(held, "escalate", row["reason"])
            else:
                self.move(held, "hand_back", row["reason"])
            times += held.state not in ("allocated", "investigating")
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

    def later(self, what: str) -> timedelta:
        """As `some`, by the other dice."""
        first, last = self.work["minutes"][what]
        return timedelta(minutes=self.other_dice.among(first, last))

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

    def move(self, held: Held, name: str, *about: object, by: User | None = None, **more: object) -> None:
        """Make the move through the site's own actions, as an officer of the owner where nobody else is named."""
        from palermo.web.cases import actions

        moving: Callable[..., object] = getattr(actions, name)
        moving(by or self.posts.officer(*held.place), held.reference, actions.Seen(held.version, 0), *about, **more)
        held.version += 1
        if name in LEADS_TO:
            held.state = LEADS_TO[name]
        elif name not in LEAVES:
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
        """The night of a day, as the commander would run it; then each unit accepts what it was given."""
        from palermo.web.cases import changeover

        if changeover.rehearse(day, self.pack).touched:
            done = changeover.run(day, Command("command:changeover")).plan.touched
            touched = {line.case.reference for line in done}
            for held in self.held:
                if held.reference in touched:
                    self.look(held)
                    if held.state == "received":
                        self.begin(at_midnight(day), self.taken_over(held))
            say(f"  {len(done)} handed over on {day}")
        yield from ()

    def taken_over(self, held: Held) -> Iterator[datetime]:
        """Whoever was given a referral in the night accepts it, and gives it to somebody."""
        from palermo.web import clock

        yield clock.now() + timedelta(hours=9) + self.some("accept_given")
        if held.state == "received":
            self.move(held, "accept")
            yield clock.now() + self.some("take")
            if held.state in TAKEN_ON:
                self.give(held)
                self.stop(held, {"safeguarding"})


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
        return self.supervisor(unit, borough) or self.commander()

    def commander(self) -> User:
        return next(one for one in self.there if one.role == Role.COMMANDER)

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
