import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.remit.remits import START, a_field, a_remit, a_rule, a_vocabulary
from palermo.domain import tasking
from palermo.domain.clocks import BreachRow, ClockRow, Step
from palermo.domain.policy import Basis, Period
from palermo.domain.referral import Borough, Boroughs, FactsRefused, Reader
from palermo.domain.remit import NoOwner, OutsideRemit
from palermo.domain.tasking import LevelRow, Policy, SafeguardingRow, SupportRow

EVE, CHANGE, LATER = date(2010, 3, 31), date(2010, 4, 1), date(2010, 6, 1)
WORDS = a_vocabulary(
    a_field("age", ("adult", "child", "unknown"), phrase={"child": "the person is a “child”"}),
    a_field("reach", ("borough", "national", "unknown")),
    a_field("olympic", ("yes", "no"), derived_from="borough"),
)
BOROUGHS = Boroughs(
    [
        Borough("E09000007", "Camden", {"olympic": "no"}, "The Force"),
        Borough("E09000025", "Newham", {"olympic": "yes"}, "The Force"),
        Borough("E09000001", "City of London", {"olympic": "no"}, "City Police", own_force=False),
    ]
)
READER = Reader(WORDS, BOROUGHS)
NAMES = {"TP": "Territorial Policing", "SCD9": "SCD9", "CO14": "Clubs and Vice"}
CONTRACT = [
    *("id", "on", "pack", "pack_version", "owner", "function", "owner_borough", "basis", "rule", "sources"),
    *("contested_by", "support", "safeguarding_partner", "nim_level", "level_reason", "clocks", "explanation"),
]


def row_of(kind, id, when=None, begins=None, ends=None, **more):
    return kind(id=id, when=WORDS.condition(when or {}), period=Period(begins, ends), basis=Basis.ASSUMED, **more)


def a_policy(**more):
    remit = a_remit(
        WORDS,
        a_rule(WORDS, "B1", "CO14", {"age": ["child", "unknown"]}, None, CHANGE, function="vice"),
        a_rule(WORDS, "C1", "SCD9", {"age": ["child", "unknown"]}, CHANGE),
        a_rule(WORDS, "A1", "TP", {"age": "adult"}, cites=("§11", "§12")),
        a_rule(WORDS, "A2", "SCD9", {"age": "adult", "reach": "national"}, CHANGE, overrides=("A1",)),
        by_borough=["TP"],
    )
    parts = {
        "levels": [
            row_of(LevelRow, "L1", {"reach": "borough"}, level=1, reason="it stays within one borough"),
            row_of(LevelRow, "L0", {"reach": "!borough"}, level=None, reason="not known"),
        ],
        "support": [
            row_of(SupportRow, "S1", unit="SCD9", why="may be drawn on"),
            row_of(SupportRow, "S2", {"olympic": "yes"}, unit="MIU", why="Olympic borough", owner=("TP",)),
        ],
        "safeguarding": [
            row_of(
                SafeguardingRow,
                "G1",
                {"age": "child"},
                partner="{borough} Safeguarding Board",
                unknown_borough="the board of the borough, once known",
            )
        ],
        "clocks": [
            row_of(ClockRow, "K1", clock="acceptance", label="Accept it", working_days=1),
            row_of(ClockRow, "K2", {"age": "child"}, clock="acceptance", label="Accept it", hours=4),
            row_of(ClockRow, "K3", clock="answer", label="Answer", starts="escalation_requested", days=2),
        ],
        "breaches": [row_of(BreachRow, "U1", to="supervisor", hours=0)],
        "pack": "a-pack",
        "pack_hash": "0123456789abcdef",
        "names_on": lambda day: NAMES,
        **more,
    }
    return Policy(remit, **parts)


POLICY = a_policy()


def decide(on=CHANGE, policy=POLICY, at=None, holidays=(), **facts):
    return policy.decide(READER.read(facts), on, at=at, holidays=holidays)


referrals = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=10),
        "received": st.dates(START, date(2012, 1, 1)).map(str),
        "age": st.sampled_from(["adult", "child", "unknown", None]),
        "reach": st.sampled_from(["borough", "national", "unknown"]),
        "borough": st.sampled_from(list(BOROUGHS)),
    },
)


@given(facts=referrals, on=st.dates(START, date(2012, 1, 1)))
def test_the_fast_json_is_that_of_the_contract(facts, on):
    decision = decide(on, **facts)

    assert decision.to_json() == json.dumps(decision.as_dict(), ensure_ascii=False)
    assert list(decision.as_dict()) == CONTRACT


@given(facts=referrals, on=st.dates(START, date(2012, 1, 1)))
def test_what_is_kept_ready_changes_no_answer(facts, on):
    assert decide(on, **facts).as_dict() == decide(on, policy=a_policy(), **facts).as_dict()


def test_a_decision_in_full():
    decision = decide(id="R1", received="2010-05-07", on=None, age="child", reach="borough", borough="Camden")

    assert decision.as_dict() == {
        "id": "R1",
        "on": "2010-05-07",
        "pack": "a-pack",
        "pack_version": "0123456789ab",
        "owner": "SCD9",
        "function": None,
        "owner_borough": None,
        "basis": "stated",
        "rule": "C1",
        "sources": ["§1"],
        "contested_by": [],
        "support": [],
        "safeguarding_partner": "Camden Safeguarding Board",
        "nim_level": 1,
        "level_reason": "it stays within one borough",
        "clocks": [{"clock": "acceptance", "starts": "2010-05-07", "due": "2010-05-07", "source": "assumed"}],
        "explanation": "SCD9 owns this referral because the person is a “child”. Rule C1, stated in §1.",
    }


def test_a_decision_carries_what_it_takes_to_replay_it():
    decision = decide(age="child")

    assert decision.profile == WORDS.encode({"age": "child", "reach": "unknown", "olympic": "no"})
    assert (decision.pack_hash, decision.vocabulary_hash) == ("0123456789abcdef", WORDS.hash)
    assert (decision.rule, decision.on, dict(decision.because)) == ("C1", CHANGE, {"age": "child"})


def test_the_day_is_the_one_given_or_else_that_of_receipt():
    assert decide(on=EVE, received="2010-05-01").owner == "CO14"
    assert decide(on=None, received="2010-03-31").owner == "CO14"
    assert decide(on=None, received="2010-04-01").owner == "SCD9"


def test_without_any_day_there_is_no_decision():
    with pytest.raises(FactsRefused, match=r"give the referral `received` .* or the day of the decision with --on"):
        decide(on=None)


def test_a_day_before_the_remit_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(OutsideRemit, match="It starts on 2007-04-01"):
            decide(on=date(2007, 3, 31))


def test_the_borough_is_named_where_the_unit_works_by_boroughs():
    there = decide(age="adult", reach="borough", borough="Camden")
    unknown = decide(age="adult", reach="borough")
    elsewhere = decide(age="adult", reach="national", borough="Camden")

    assert (there.owner, there.owner_borough) == ("TP", "Camden")
    assert there.explanation.endswith(" The borough is Camden.")
    assert (unknown.owner, unknown.owner_borough) == ("TP", None)
    assert unknown.explanation.endswith(" The borough is not yet known: Territorial Policing (TP) finds out which.")
    assert (elsewhere.owner, elsewhere.owner_borough) == ("SCD9", None)


def test_in_a_borough_of_another_force_the_unit_keeps_it_until_that_force_accepts():
    decision = decide(age="adult", reach="borough", borough="City of London")

    assert decision.explanation.endswith(
        "City of London is policed by another force (City Police): "
        "Territorial Policing (TP) keeps the referral until that force accepts it."
    )


def test_support_is_never_the_owner_and_goes_by_owner_where_it_says_so():
    assert [s.unit for s in decide(age="adult", reach="borough", borough="Newham").support] == ["SCD9", "MIU"]
    assert [s.unit for s in decide(age="adult", reach="borough", borough="Camden").support] == ["SCD9"]
    assert [s.unit for s in decide(age="child", borough="Newham").support] == []
    assert [s.unit for s in decide(on=EVE, age="child", borough="Newham").support] == ["SCD9"]


def test_the_partner_of_an_unknown_borough_is_said_in_words():
    assert decide(age="child").safeguarding_partner == "the board of the borough, once known"
    assert decide(age="adult").safeguarding_partner is None


def test_a_level_may_be_not_known_yet():
    assert (decide().nim_level, decide().level_reason) == (None, "not known")


def test_the_explanation_says_what_was_put_aside_and_who_contests():
    decision = decide(age="adult", reach="national")

    assert decision.explanation == (
        "SCD9 owns this referral because age is adult and reach is national. Rule A2, stated in §1. "
        "The source also gives it to Territorial Policing (TP) by rule A1, §11 and §12; this pack puts rule A2 first."
    )
    assert (decision.basis, decision.contested_by) == (Basis.ASSUMED, ("TP",))
    assert [rule.id for rule in decision.overrode] == ["A1"]


def test_what_would_move_it_is_told_field_by_field():
    changes = decide(age="adult", reach="borough").otherwise()

    assert [(change.field, change.values, change.owner, change.rule) for change in changes] == [
        ("age", ("child", "unknown"), "SCD9", "C1"),
        ("reach", ("national",), "SCD9", "A2"),
    ]
    assert changes[0].says == "If the person is a “child” or age is unknown, SCD9 would own it (rule C1)."


def test_clocks_run_from_the_moment_given():
    london = ZoneInfo("Europe/London")
    at = datetime(2010, 4, 1, 15, 0, tzinfo=london)
    child = decide(age="child", at=at).clocks[0]
    adult = decide(age="adult", at=at, holidays=(date(2010, 4, 2), date(2010, 4, 5))).clocks[0]

    assert (child.starts, child.due) == (at, datetime(2010, 4, 1, 19, 0, tzinfo=london))
    assert adult.due == datetime(2010, 4, 6, 23, 59, 59, tzinfo=london)
    assert decide(age="child", at=at).as_dict()["clocks"][0]["due"] == "2010-04-01T19:00:00+01:00"


def test_clocks_run_from_the_day_of_receipt_or_else_from_that_of_the_decision():
    assert decide(on=LATER, received="2010-04-01", age="child").clocks[0].starts == CHANGE
    assert decide(on=LATER, age="child").clocks[0].starts == LATER


def test_other_holidays_give_other_deadlines():
    for _ in range(2):
        assert decide(age="adult").clocks[0].due == date(2010, 4, 2)
        assert decide(age="adult", holidays=frozenset({date(2010, 4, 2)})).clocks[0].due == date(2010, 4, 5)
        assert decide(age="adult", holidays=[date(2010, 4, 2), date(2010, 4, 5)]).clocks[0].due == date(2010, 4, 6)


def test_an_event_starts_its_own_clocks():
    facts = READER.read({"age": "adult"})
    at = datetime(2010, 4, 1, 12, tzinfo=UTC)

    assert [c.clock for c in POLICY.start_clocks("escalation_requested", facts, "TP", on=CHANGE)] == ["answer"]
    assert POLICY.start_clocks("escalation_requested", facts, "TP", on=CHANGE, at=at)[0].starts == at
    assert POLICY.start_clocks("nothing", facts, "TP", on=CHANGE) == ()


def test_a_unit_goes_by_its_name_of_the_day():
    names = {CHANGE: {"SCD9": "The new unit"}, LATER: {"SCD9": "SCD9, renamed"}}
    policy = a_policy(
        names_on=lambda day: names[max((d for d in names if d <= day), default=CHANGE)], name_changes=[CHANGE, LATER]
    )

    assert decide(age="child", policy=policy).explanation.startswith("The new unit (SCD9) owns")
    assert decide(on=LATER, age="child", policy=policy).explanation.startswith("SCD9, renamed owns")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(tasking, "MOST_KEPT", 3)
    policy = a_policy()
    for day in range(1, 29):
        for age in ("adult", "child", "unknown"):
            decide(on=date(2010, 5, day), policy=policy, age=age, received=f"2010-05-{day:02}")
    era = policy.era(LATER)

    assert max(len(kept) for kept in (era.verdicts, era.placed, era.started, policy.era_of)) <= 3


@given(facts=st.lists(st.tuples(referrals, st.dates(START, date(2012, 1, 1))), min_size=1, max_size=20))
def test_a_replay_gives_the_columns_of_single_decisions(facts):
    decisions = [decide(on, **fact) for fact, on in facts]
    profiles = np.array([decision.profile for decision in decisions], dtype=np.int32)
    days = np.array([on for _, on in facts], dtype="datetime64[D]")
    outcomes, _ = POLICY.outcomes
    replayed = [outcomes[number] for number in POLICY.replay(profiles, days)]

    assert [(o.owner, o.function, o.rule, o.basis, o.level, o.contested_by) for o in replayed] == [
        (d.owner, d.function, d.rule, d.basis, d.nim_level, d.contested_by) for d in decisions
    ]
    on = facts[0][1]
    assert POLICY.replay(profiles[:1], on).tolist() == POLICY.replay(profiles[:1], days[:1]).tolist()


def test_a_replay_refuses_days_and_numbers_that_are_none():
    profiles = np.zeros(2, dtype=np.int32)
    with pytest.raises(OutsideRemit):
        POLICY.replay(profiles, date(2000, 1, 1))
    with pytest.raises(OutsideRemit):
        POLICY.replay(profiles, np.array(["2010-01-01", "2000-01-01"], dtype="datetime64[D]"))
    for strays in (profiles - 1, profiles + WORDS.size, profiles.astype(np.int64) - 2**33):
        with pytest.raises(IndexError, match=f"from 0 to {WORDS.size - 1}"):
            POLICY.replay(strays, CHANGE)
        with pytest.raises(IndexError, match=f"from 0 to {WORDS.size - 1}"):
            POLICY.replay(strays, np.array([EVE, LATER], dtype="datetime64[D]"))


@pytest.mark.parametrize("owners", [255, 256])
def test_a_replay_has_room_for_every_outcome_and_for_none(owners):
    words = a_vocabulary(a_field("ward", [f"w{n}" for n in range(owners + 1)]))
    remit = a_remit(words, *(a_rule(words, f"A{n}", f"UNIT{n}", {"ward": f"w{n}"}) for n in range(owners)))
    level = LevelRow("L1", 1, words.anything, Period(), Basis.ASSUMED, "one")
    policy = Policy(remit, levels=[level])
    profiles = np.arange(owners + 1, dtype=np.int32)

    outcomes, table = policy.outcomes
    assert [outcomes[number].owner for number in policy.replay(profiles[:-1], CHANGE)] == [
        f"UNIT{n}" for n in range(owners)
    ]
    assert table.dtype == (np.uint8 if owners < 256 else np.uint16)
    with pytest.raises(NoOwner, match=f"row {owners} has no owner"):
        policy.replay(profiles, CHANGE)


def test_where_an_unproved_remit_has_no_answer_nothing_is_decided():
    remit = a_remit(
        WORDS, a_rule(WORDS, "A1", "TP", {"age": "adult"}), a_rule(WORDS, "A2", "SCD9", {"reach": "borough"})
    )
    policy = Policy(remit, levels=POLICY.levels.rows)

    with pytest.raises(NoOwner, match="nobody owns this profile on 2010-04-01: age child, reach national, olympic no"):
        decide(policy=policy, age="child", reach="national")
    with pytest.raises(NoOwner, match=r"two units claim this profile .* A1 \(TP\) with A2 \(SCD9\)"):
        decide(policy=policy, age="adult", reach="borough")
    owned, unowned = (WORDS.encode({"age": age, "reach": "national", "olympic": "no"}) for age in ("adult", "child"))
    with pytest.raises(NoOwner, match="row 1 has no owner"):
        policy.replay(np.array([owned, unowned], dtype=np.int32), CHANGE)


def test_tables_that_do_not_give_one_answer_are_told():
    policy = a_policy(
        levels=[
            row_of(LevelRow, "L1", {"reach": "borough"}, level=1, reason="near"),
            row_of(LevelRow, "L2", {"reach": ["borough", "national"]}, level=2, reason="far"),
            row_of(LevelRow, "L2", begins=CHANGE, level=2, reason="far"),
        ],
        safeguarding=[
            row_of(SafeguardingRow, id, {"age": age}, partner="x") for id, age in (("G1", "child"), ("G2", "!adult"))
        ],
        clocks=[
            row_of(ClockRow, "K1", {"age": "child"}, clock="acceptance", label="x", days=1),
            row_of(ClockRow, "K2", {"reach": "borough"}, clock="acceptance", label="x", days=1, owner=("SCD9",)),
            row_of(ClockRow, "K3", {"reach": "national"}, clock="acceptance", label="x", days=1),
        ],
        breaches=[
            row_of(BreachRow, "U0", to="supervisor", hours=0),
            row_of(BreachRow, "U1", {"age": "child"}, to="supervisor", hours=0),
            row_of(BreachRow, "U2", {"reach": "national"}, to="supervisor", hours=0),
        ],
    )

    told = list(policy.faults())
    assert ("levels", "L2", "it has two versions in force on 2010-04-01. End one before the other starts.") in told
    double = "it has two versions in force on 2010-04-01. End one before the other starts."
    where = "hold together for 6 of 18 profiles from 2007-04-01"
    assert ("levels", "L2", double) in told
    assert ("levels", "L1", f"L1 and L2 {where} to 2010-04-01: reach borough. Narrow one of them.") in told
    none = "no row holds for 6 of 18 profiles from 2007-04-01 to 2010-04-01: reach unknown. Add a row or widen one."
    assert ("levels", "", none) in told
    assert ("safeguarding", "G1", f"G1 and G2 {where}: age child. Narrow one of them.") in told
    assert [says for table, _, says in told if table == "clocks"] == [
        f"clock acceptance: K1 and K3 both hold for {owner} and neither is more specific. Narrow one of them."
        for owner in ("CO14", "SCD9", "TP")
    ]
    assert [says for table, _, says in told if table == "breaches"] == [
        "breach of acceptance to the supervisor: U1 and U2 both hold and neither is more specific. Narrow one of them."
    ]
    assert list(POLICY.faults()) == []


def test_receipt_starts_the_clock_of_a_credible_allegation_and_such_an_allegation_that_clock_alone():
    policy = a_policy(
        clocks=[
            row_of(ClockRow, "K1", clock="acceptance", label="Accept it", days=1),
            row_of(ClockRow, "K2", clock="duty", label="Decide", starts="credible_allegation", days=3),
            row_of(
                ClockRow, "K3", {"age": "child"}, clock="duty", label="Decide", starts="credible_allegation", days=1
            ),
        ]
    )
    adult, earlier = READER.read({"age": "adult"}), date(2010, 2, 1)

    def started(event, at):
        found = policy.start_clocks(event, adult, "TP", on=CHANGE, at=at)
        return {clock.clock: (clock.starts, clock.due) for clock in found}

    assert [clock.clock for clock in decide(policy=policy, age="adult").clocks] == ["acceptance", "duty"]
    assert started("received", None) == {
        "acceptance": (CHANGE, CHANGE + timedelta(days=1)),
        "duty": (CHANGE, CHANGE + timedelta(days=3)),
    }
    # under the remit of the day, from a moment before it
    assert started("credible_allegation", earlier) == {"duty": (earlier, earlier + timedelta(days=3))}


def test_a_breach_goes_up_by_the_policy_of_the_day_that_was_due():
    policy = a_policy(
        breaches=[
            row_of(BreachRow, "U1", ends=CHANGE, to="supervisor", hours=0),
            row_of(BreachRow, "U1", begins=CHANGE, to="supervisor", hours=2),
            row_of(BreachRow, "U2", {"age": "child"}, to="commander", days=1),
        ]
    )
    eve, later = datetime(2010, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2010, 4, 1, 9, tzinfo=UTC)
    adult, child = READER.read({"age": "adult"}), READER.read({"age": "child"})

    assert policy.breach_steps("acceptance", "owner", adult, eve) == (Step("supervisor", eve, "U1"),)
    assert policy.breach_steps("acceptance", "owner", adult, later) == (
        Step("supervisor", later + timedelta(hours=2), "U1"),
    )
    assert policy.breach_steps("acceptance", "owner", child, eve)[1] == Step("commander", eve + timedelta(days=1), "U2")


@pytest.mark.parametrize(
    ("breach", "heard"),
    [
        ({}, True),
        ({"clock": ("acceptance", "safeguarding")}, True),
        ({"clock": ("safeguarding",)}, False),
        ({"when": {"age": "child"}}, False),
        ({"when": {"age": ["adult", "child"]}}, True),
        ({"ends": CHANGE}, False),
        ({"begins": CHANGE}, False),
    ],
)
def test_somebody_hears_of_every_clock_that_a_unit_has_to_see_to(breach, heard):
    clock = row_of(ClockRow, "K1", {"age": "adult"}, clock="acceptance", label="x", days=1)
    policy = a_policy(clocks=[clock], breaches=[row_of(BreachRow, "U1", to="supervisor", hours=0, **breach)])

    assert (list(policy.faults()) == []) is heard


def test_a_clock_that_others_see_to_may_run_out_unheard():
    clock = row_of(ClockRow, "K1", clock="recovery", label="x", days=45, holder="support provider")

    assert list(a_policy(clocks=[clock], breaches=[]).faults()) == []


def test_a_day_at_the_end_of_the_calendar_is_refused():
    with pytest.raises(OutsideRemit, match=r"9999-12-31 is after the year 2999\. Check the year"):
        decide(on=date(9999, 12, 31))
