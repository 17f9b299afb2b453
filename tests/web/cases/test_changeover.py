"""The night of 31 March 2010: everything has one owner that exists on 1 April, or nothing is changed."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from palermo.domain.units import Units
from palermo.web import clock, policy
from palermo.web.audit.models import Entry
from palermo.web.cases import actions, changeover
from palermo.web.cases.models import Changeover, ChangeoverLine, Offer
from palermo.web.intake.models import Clock, Event, Ownership, RouteDecision
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, a_referral, case_of, owner_of, running, seen, text_of

pytestmark = pytest.mark.django_db

DAY = date(2010, 4, 1)
MIDNIGHT = timezone.make_aware(datetime.combine(DAY, time.min))
OF_CO14 = {"age": "adult", "exploitation": "sexual", "organised": "no", "borough": "Newham"}
OF_HTT = {"age": "adult", "exploitation": "labour", "organised": "yes", "reach": "international", "borough": "Newham"}


@pytest.fixture
def workers(accounts):
    """An officer for each unit of before the change."""
    from palermo.web.accounts.models import User

    def make(unit: str, borough: str = "") -> User:
        name = f"{unit}-{borough}".lower()
        return User.objects.create_user(
            username=name, post=f"Officer, {unit}", role="officer", unit=unit, borough=borough
        )

    return {unit: make(unit) for unit in ("CO14", "HTT")} | {"TP": accounts["borough"]}


@pytest.fixture
def cases(workers, accounts):
    """Open cases of the last weeks before the change, by what is particular about each."""
    with clock.standing_at(MIDNIGHT - timedelta(days=20)):
        made = {
            "vice": a_referral(OF_CO14, by=workers["CO14"], received_at=clock.now()),
            "trafficking team": a_referral(OF_HTT, by=workers["HTT"], received_at=clock.now()),
            "borough": a_referral(OF_A_BOROUGH, by=workers["TP"], received_at=clock.now()),
            "child": a_referral(OF_PALADIN, by=workers["TP"], received_at=clock.now()),
            "restricted": a_referral(OF_HTT, by=workers["HTT"], received_at=clock.now(), restricted=True),
            "disputed": a_referral(OF_CO14, by=workers["CO14"], received_at=clock.now()),
            "escalated": a_referral(OF_A_BOROUGH, by=workers["TP"], received_at=clock.now()),
        }
        actions.accept(workers["CO14"], made["vice"].reference, seen(made["vice"]))
        actions.take(workers["CO14"], made["vice"].reference, seen(made["vice"]))
        actions.hand_back(workers["CO14"], made["disputed"].reference, seen(made["disputed"]), "not vice")
        actions.escalate(workers["TP"], made["escalated"].reference, seen(made["escalated"]), "beyond the borough")
    return made


def the_night(actor):
    with clock.standing_at(MIDNIGHT + timedelta(hours=2)):
        return changeover.run(DAY, actor)


def rows() -> tuple[int, ...]:
    return tuple(m.objects.count() for m in (Ownership, RouteDecision, Event, Clock, Entry, Offer, Changeover))


def test_every_case_of_a_unit_that_ends_is_the_new_units_from_midnight(cases, accounts):
    before = {name: owner_of(one)[0] for name, one in cases.items()}
    outcome = the_night(accounts["commander"])
    after = {name: owner_of(one)[0] for name, one in cases.items()}
    assert {before[name] for name in ("vice", "trafficking team")} == {"CO14", "HTT"}
    assert {after[name] for name in ("vice", "trafficking team", "restricted", "disputed")} == {"SCD9"}
    assert after["borough"] == before["borough"] == "TP"
    assert after["child"] == before["child"]
    owner = Ownership.objects.get(referral=cases["vice"], period__endswith__isnull=True)
    assert (owner.how, owner.period.lower) == ("changeover", MIDNIGHT)
    assert (owner.decision.day, owner.decision.owner) == (DAY, "SCD9")
    assert owner.decision.fact_version.version == 2
    assert len(outcome.plan.moving) == ChangeoverLine.objects.exclude(cause="").count() == 4


def test_what_moves_is_to_be_accepted_by_the_new_unit_on_a_clock_of_its_own(cases, accounts):
    the_night(accounts["commander"])
    case = case_of(cases["vice"])
    assert (case.state, case.officer, case.accepted_at) == ("received", None, None)
    assert "acceptance" in running(cases["vice"])
    started = Clock.objects.get(referral=cases["vice"], clock="acceptance", met_at__isnull=True)
    assert started.started_at == MIDNIGHT
    with clock.standing_at(MIDNIGHT + timedelta(hours=9)):
        actions.accept(accounts["officer"], cases["vice"].reference, seen(cases["vice"]))
    assert case_of(cases["vice"]).state == "accepted"


def test_clocks_that_ran_are_neither_stopped_nor_made_longer(cases, accounts):
    kept = Clock.objects.filter(met_at__isnull=True).exclude(clock="acceptance")
    before = set(kept.values_list("pk", "due_at"))
    the_night(accounts["commander"])
    assert before and before <= set(kept.values_list("pk", "due_at"))


def test_a_dispute_ends_with_the_unit_that_was_in_it(cases, accounts):
    the_night(accounts["commander"])
    offer = Offer.objects.get(referral=cases["disputed"])
    assert (offer.answer, offer.answered_at) == ("withdrawn", MIDNIGHT)
    assert "changeover" in offer.answer_reason
    assert case_of(cases["disputed"]).state == "received"


def test_a_borough_that_asked_a_unit_that_ends_has_asked_its_successor(cases, accounts):
    first = Offer.objects.get(referral=cases["escalated"])
    waiting = running(cases["escalated"])
    assert first.to_unit in ("CO14", "HTT")
    the_night(accounts["commander"])
    again = Offer.objects.get(referral=cases["escalated"], answer="")
    assert (again.to_unit, again.reason, owner_of(cases["escalated"])[0]) == ("SCD9", first.reason, "TP")
    assert case_of(cases["escalated"]).state == "offered"
    assert running(cases["escalated"]) == waiting
    with clock.standing_at(MIDNIGHT + timedelta(hours=9)):
        actions.accept_offer(accounts["officer"], cases["escalated"].reference, seen(cases["escalated"]))
    assert owner_of(cases["escalated"])[0] == "SCD9"


def test_each_handed_over_case_tells_it_and_leaves_an_audit_entry(cases, accounts):
    the_night(accounts["commander"])
    told = Event.objects.filter(referral=cases["trafficking team"], at=MIDNIGHT)
    assert set(told.values_list("kind", flat=True)) == {"decided", "owner_changed"}
    entry = Entry.objects.get(action="referral_handed_over", subject=f"referral:{cases['trafficking team'].reference}")
    assert (entry.detail["before"], entry.detail["owner"], entry.detail["cause"]) == ("HTT", "SCD9", "unit_ends")


def test_the_certificate_counts_every_open_case_once_and_carries_its_hash(cases, accounts):
    certificate = the_night(accounts["commander"]).changeover.certificate
    kept = Changeover.objects.get().certificate
    assert kept == certificate
    assert (kept["open"], kept["passed"], kept["orphans"]) == (len(cases), 4, 0)
    assert sum(kept["owners"].values()) == len(cases)
    assert changeover.hash_of(kept) == kept["hash"]
    assert changeover.hash_of({**kept, "open": 0}) != kept["hash"]


def test_the_second_run_finds_nothing_to_do_and_changes_nothing(cases, accounts):
    first = the_night(accounts["commander"])
    before = rows()
    second = the_night(accounts["commander"])
    assert (first.new, second.new) == (True, False)
    assert second.changeover == first.changeover
    assert rows() == before


def test_where_one_would_be_orphaned_it_is_named_and_nothing_changes(cases, accounts, monkeypatch):
    pack = policy.pack()
    without = Units([u for u in pack.units.units if u.id != "SCD9"], start=pack.units.start)
    monkeypatch.setattr(policy, "pack", lambda: replace(pack, units=without))
    before = rows()
    with pytest.raises(changeover.Orphans) as refused:
        the_night(accounts["commander"])
    named = {cases[name].reference for name in ("vice", "trafficking team", "restricted", "disputed")}
    assert {line.case.reference for line in refused.value.plan.orphans} == named
    restricted = cases["restricted"].reference
    assert all(reference in str(refused.value) for reference in named - {restricted})
    assert restricted not in str(refused.value)
    assert "1 restricted, not named here" in str(refused.value)
    assert rows() == before


def test_what_arrives_after_midnight_is_not_touched(cases, accounts):
    with clock.standing_at(MIDNIGHT + timedelta(minutes=5)):
        late = a_referral(OF_HTT, by=accounts["officer"], received_at=clock.now())
    the_night(accounts["commander"])
    assert Ownership.objects.filter(referral=late).count() == 1
    assert late.reference not in {line.case.reference for line in changeover.rehearse(DAY, policy.pack()).lines}


def test_it_is_not_run_before_the_day_and_not_after_a_later_one(cases, accounts):
    with clock.standing_at(MIDNIGHT - timedelta(seconds=1)), pytest.raises(changeover.Refused, match="has not begun"):
        changeover.run(DAY, accounts["commander"])
    the_night(accounts["commander"])
    with pytest.raises(changeover.Refused, match="2010-04-01 was run already"):
        changeover.run(date(2010, 3, 1), accounts["commander"])


def test_a_rehearsal_looks_ahead_and_writes_nothing(cases):
    before = rows()
    plan = changeover.rehearse(DAY, policy.pack())
    assert rows() == before
    assert {line.case.reference for line in plan.disputed} == {cases[n].reference for n in ("disputed", "escalated")}
    assert cases["vice"].reference in {line.case.reference for line in plan.overdue}
    loads = {load.unit: load for load in plan.loads}
    assert (loads["SCD9"].before, loads["SCD9"].after, loads["SCD9"].gains) == (0, 4, 4)
    assert (loads["CO14"].after, loads["CO14"].exists_after) == (0, False)


@pytest.mark.parametrize("day", [DAY, date(2010, 3, 31)])
def test_the_page_of_a_rehearsal_counts_what_the_plan_has(cases, accounts, day):
    plan = changeover.rehearse(day, policy.pack())
    page = changeover.rehearsal_for(accounts["auditor"], day, 1)
    totals = page.totals
    assert (totals.open, totals.moving, totals.disputed, totals.overdue, totals.running_out, totals.orphans) == tuple(
        map(len, (plan.lines, plan.moving, plan.disputed, plan.overdue, plan.running_out, plan.orphans))
    )
    assert totals.loads == plan.loads
    assert list(page.shown.object_list) == [line for line in plan.lines if line.touched or line.orphan]
    assert page.hidden == 0


def test_of_a_restricted_case_nothing_is_told_that_its_facts_say(cases):
    lines = {line.case.reference: line for line in changeover.rehearse(DAY, policy.pack()).lines}
    shown = lines[cases["restricted"].reference].as_dict()
    assert (shown["to"], shown["rule"], shown["why"]) == ("SCD9", None, "HTT is not there any more.")


def test_the_number_of_statements_does_not_grow_with_the_cases_but_for_their_audit_entries(
    cases, workers, accounts, django_assert_max_num_queries
):
    with clock.standing_at(MIDNIGHT - timedelta(days=2)):
        for _ in range(12):
            a_referral(OF_HTT, by=workers["HTT"], received_at=clock.now())
    with django_assert_max_num_queries(40 + 17 + 7):
        the_night(accounts["commander"])


@pytest.mark.parametrize(
    ("who", "reads", "runs"),
    [
        ("commander", 200, 302),
        ("auditor", 200, 403),
        ("supervisor", 200, 403),
        ("officer", 403, 403),
        ("analyst", 403, 403),
        ("partner", 403, 403),
        ("administrator", 403, 403),
    ],
)
def test_the_commander_runs_it_and_others_read_or_are_refused(cases, signed_in, who, reads, runs):
    client = signed_in(who)
    assert client.get("/changeover/?on=2010-04-01").status_code == reads
    assert client.post("/changeover/", {"on": "2010-04-01"}).status_code == runs
    assert Changeover.objects.exists() == (runs == 302)


def test_the_page_of_the_night_shows_the_certificate_and_gives_it_as_a_file(cases, accounts, signed_in):
    client = signed_in("commander")
    page = client.post("/changeover/", {"on": "2010-04-01"}, follow=True)
    kept = Changeover.objects.get()
    assert kept.certificate["hash"] in text_of(page)
    assert "agrees with the certificate" in text_of(page)
    assert client.get(f"/changeover/{kept.pk}/certificate.json").json() == kept.certificate
    assert "nothing left to do" in text_of(client.post("/changeover/", {"on": "2010-04-01"}, follow=True))


def test_a_restricted_case_is_counted_and_not_named_to_the_commander_where_it_is_supervised(cases, signed_in):
    client, hidden, shown = signed_in("commander"), cases["restricted"].reference, cases["vice"].reference
    client.post("/changeover/", {"on": "2010-04-01"})
    page = text_of(client.get(f"/changeover/{Changeover.objects.get().pk}/"))
    assert shown in page
    assert hidden not in page
    assert "1 more, restricted or another unit’s" in page


def test_a_day_that_is_none_or_not_begun_is_told_on_the_page(cases, signed_in):
    client = signed_in("commander")
    assert client.get("/changeover/?on=soon").status_code == 400
    early = client.post("/changeover/", {"on": "2010-10-01"})
    assert early.status_code == 409
    assert "has not begun" in text_of(early)
