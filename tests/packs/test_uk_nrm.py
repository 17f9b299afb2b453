"""A second pack, in data alone: another force, another vocabulary, other years. Expected values are the sources'."""

import csv
import json
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from palermo.domain.clocks import HELD_HERE
from palermo.domain.policy import Basis
from palermo.domain.remit import OutsideRemit
from palermo.packs import available, load
from palermo.packs.loader import PACKS

FOLDER = PACKS / "uk-nrm"
PACK = load("uk-nrm")
OTHER = load("mps-2010")
FORCE = {"LOCAL", "SOC", "MST", "CET", "ROCU"}
ACT, DUTY, SINGLE, SECOND, SHORTER = (
    date(2015, 7, 31),
    date(2015, 11, 1),
    date(2019, 4, 29),
    date(2021, 11, 8),
    date(2022, 12, 13),
)
CONSENTING = {"age": "adult", "exploitation": "labour", "organised": "yes", "referral_consent": "yes"}
AUTHORITIES = {"UKHTC", "UKBA", "UKVI", "SCA", "IECA"}
TABLES = {
    "tasking.toml": ("levels", "support", "safeguarding", "resources"),
    "clocks.toml": ("clocks", "breaches"),
    "units.toml": ("units", "posts"),
    "definition.toml": ("test",),
}
ROWS = [
    {**block, **row}
    for block in tomllib.loads((FOLDER / "remit.toml").read_text("utf-8"))["block"]
    for row in block["rules"]
] + [
    row
    for name, keys in TABLES.items()
    for key in keys
    for row in tomllib.loads((FOLDER / name).read_text("utf-8"))[key]
]


def eve(day: date) -> date:
    return day - timedelta(days=1)


def decide(on: date, **facts: object):
    return PACK.decide(PACK.read_facts(facts), on)


def drawn_on(on: date, **facts: object) -> set[str]:
    return {support.unit for support in decide(on, **facts).support}


def authorities(on: date, **facts: object) -> set[str]:
    return drawn_on(on, **facts) & AUTHORITIES


def started(event: str, on: date, **facts: object) -> dict[str, date]:
    read = PACK.read_facts(facts)
    return {clock.clock: clock.due for clock in PACK.start_clocks(event, read, PACK.decide(read, on).owner, on=on)}


def lasts(event: str, on: date, clock: str, **facts: object) -> int:
    return (started(event, on, **facts)[clock] - on).days


# It is a pack like the other


def test_both_packs_come_with_the_software():
    assert {"mps-2010", "uk-nrm"} <= set(available())


@pytest.mark.parametrize("example", PACK.examples, ids=lambda example: example.says)
def test_the_worked_example_comes_out_as_it_says(example):
    assert [str(wrong) for wrong in PACK.differing_examples() if wrong.example == example] == []


@pytest.mark.parametrize("example", PACK.examples, ids=lambda example: example.says)
def test_a_decision_has_the_names_of_the_other_packs_decisions(example):
    ours = decide(example.on, **example.facts)
    other = OTHER.decide(OTHER.read_facts({}), date(2010, 4, 1))

    assert list(ours.as_dict()) == list(other.as_dict())
    assert json.loads(ours.to_json()) == ours.as_dict()
    assert (ours.pack, ours.pack_version) == ("uk-nrm", PACK.hash[:12])


def test_every_referral_has_exactly_one_owner_on_every_day():
    report = PACK.remit.check()

    assert report.ok, str(report)
    assert not report.dead


def test_the_invariants_hold_for_every_profile_on_every_day():
    assert len(PACK.invariants) >= 15
    assert PACK.broken_invariants() == ()


def test_the_examples_reach_every_rule_owner_and_side_of_a_change():
    decided = [(example.on, decide(example.on, **example.facts)) for example in PACK.examples]

    assert len(decided) >= 25
    assert {d.owner for _, d in decided} == FORCE
    assert {(d.rule, d.route.rule.period) for _, d in decided} == {(r.id, r.period) for r in PACK.remit.rules}
    changes = {start for row in PACK.policy.supports.rows for start in (row.period.start, row.period.end) if start}
    assert {ACT, DUTY, SINGLE, SECOND} <= changes
    for change in changes | {day for day in PACK.remit.starts if day > PACK.remit.start}:
        assert {eve(change), change} <= {on for on, _ in decided}, change


def test_the_stated_rows_alone_leave_every_referral_to_nobody_in_the_force():
    stated = PACK.remit.check(stated=True)

    assert not stated.ok
    assert {rule.basis for rule in PACK.remit.rules} == {Basis.ASSUMED}
    assert not stated.overlaps


def test_a_day_before_the_mechanism_has_no_decision():
    with pytest.raises(OutsideRemit, match="2009-04-01"):
        decide(date(2009, 3, 31))


# The competent authority of the day


@pytest.mark.parametrize(
    ("on", "immigration", "who"),
    [
        (date(2009, 4, 1), "no_issue", {"UKHTC"}),
        (date(2009, 4, 1), "issue_on_record", {"UKBA"}),
        (date(2010, 3, 4), "issue_new", {"UKHTC", "UKBA"}),
        (date(2013, 3, 31), "issue_on_record", {"UKBA"}),
        (date(2013, 4, 1), "issue_on_record", {"UKVI"}),
        (date(2013, 4, 1), "issue_new", {"UKVI"}),
        (date(2014, 11, 1), "no_issue", {"UKHTC"}),
        (eve(SINGLE), "no_issue", {"UKHTC"}),
        (eve(SINGLE), "issue_on_record", {"UKVI"}),
        (SINGLE, "no_issue", {"SCA"}),
        (SINGLE, "issue_on_record", {"SCA"}),
        (eve(SECOND), "enforcement", {"SCA"}),
        (SECOND, "enforcement", {"IECA"}),
        (SECOND, "issue_on_record", {"SCA"}),
    ],
)
def test_the_competent_authority_changes_with_the_day_and_the_route(on, immigration, who):
    assert authorities(on, **CONSENTING, immigration=immigration) == who
    assert authorities(on, age="child", immigration=immigration) == who
    assert authorities(on, age="unknown", immigration=immigration) == who


def test_on_every_day_somebody_decides_on_whoever_may_be_referred_and_exists():
    for day in PACK.policy.starts:
        there = PACK.units.on(day)
        for immigration in PACK.vocabulary.by_name["immigration"].values:
            for facts in (CONSENTING, {"age": "child"}, {}):
                who = authorities(day, **facts, immigration=immigration)
                assert who, (day, immigration)
                assert all(unit in there for unit in drawn_on(day, **facts, immigration=immigration)), day


def test_nationality_and_immigration_status_decide_on_the_authority_and_on_nothing_else():
    place = PACK.vocabulary.place["immigration"]
    whole = PACK.vocabulary.full[place]
    policy = PACK.policy
    for row in (
        *PACK.remit.rules,
        *policy.levels.rows,
        *policy.safeguards.rows,
        *policy.clocks.rows,
        *policy.breaches.rows,
    ):
        assert row.when.masks[place] == whole, row.id
    asking = {row.unit for row in policy.supports.rows if row.when.masks[place] != whole}
    assert asking == AUTHORITIES


def test_the_authority_never_owns_a_referral():
    assert set(PACK.remit.owners) == FORCE


def test_slavery_advice_comes_from_the_team_of_the_day_and_covert_policing_only_by_way_of_specialists():
    def asked(owner: str, day: date) -> dict[str, str]:
        return {one.id: one.unit for one in PACK.resources.of(owner, day)}

    assert asked("LOCAL", eve(ACT))["slavery_advice"] == "SOC"
    assert asked("LOCAL", ACT)["slavery_advice"] == "MST"
    assert "covert_policing" not in asked("LOCAL", ACT)
    assert asked("MST", ACT)["covert_policing"] == "ROCU"


def test_a_request_for_support_has_its_clock():
    found = PACK.start_clocks("support_requested", PACK.read_facts({"age": "child"}), "CET", on=ACT)
    assert [(clock.clock, clock.holder, "assumed" in clock.source) for clock in found] == [
        ("support_answer", "asked", True)
    ]


# Consent and the duty to notify


def test_an_adult_who_does_not_agree_is_notified_from_the_day_of_the_duty_and_referred_to_nobody():
    facts = {**CONSENTING, "referral_consent": "no"}

    for day, told in ((eve(DUTY), set()), (DUTY, {"HOME-OFFICE"})):
        assert authorities(day, **facts) == set()
        assert drawn_on(day, **facts) == told
        assert ("duty_to_notify" in {clock.clock for clock in decide(day, **facts).clocks}) == bool(told)


def test_a_child_is_referred_whatever_is_said_of_consent():
    clocks = {
        consent: [clock.as_dict() for clock in decide(DUTY, age="child", referral_consent=consent).clocks]
        for consent in PACK.vocabulary.by_name["referral_consent"].values
    }

    assert clocks["yes"] == clocks["no"] == clocks["unknown"]
    assert "nrm_referral" in {clock["clock"] for clock in clocks["no"]}
    assert {authorities(DUTY, age="child", referral_consent=consent) != set() for consent in clocks} == {True}


def test_an_adult_who_has_not_been_asked_is_asked():
    clocks = {clock.clock for clock in decide(DUTY, age="adult").clocks}

    assert "consent" in clocks
    assert not {"nrm_referral", "duty_to_notify", "reasonable_grounds"} & clocks


def test_the_duty_to_investigate_runs_from_the_first_credible_allegation():
    assert started("credible_allegation", DUTY, age="adult") == {"duty_to_investigate": DUTY + timedelta(days=3)}
    assert started("credible_allegation", DUTY, age="child") == {"duty_to_investigate": DUTY + timedelta(days=1)}
    assert started("credible_allegation", DUTY, matter="facilitation") == {}
    assert started("received", DUTY, age="adult")["duty_to_investigate"] == DUTY + timedelta(days=3)


# The mechanism's clocks


@pytest.mark.parametrize("facts", [CONSENTING, {"age": "child"}, {}], ids=["consenting adult", "child", "unknown"])
@pytest.mark.parametrize("on", [date(2009, 4, 1), date(2023, 1, 29), date(2023, 1, 30), date(2026, 6, 1)])
def test_reasonable_grounds_are_due_in_five_working_days(on, facts):
    (due,) = [clock.due for clock in decide(on, **facts).clocks if clock.clock == "reasonable_grounds"]
    working = [day for n in range(1, (due - on).days + 1) if (day := on + timedelta(days=n)).weekday() < 5]

    assert len(working) == 5
    assert due == working[-1]


def test_bank_holidays_are_no_working_days():
    on, easter = date(2024, 3, 27), {date(2024, 3, 29), date(2024, 4, 1)}
    due = {
        clock.clock: clock.due for clock in PACK.decide(PACK.read_facts({"age": "child"}), on, holidays=easter).clocks
    }

    assert due["reasonable_grounds"] == date(2024, 4, 5)


def test_recovery_lasts_45_days_until_12_december_2022_and_30_from_the_next():
    lengths = {
        day: lasts("reasonable_grounds_positive", day, "recovery", **CONSENTING)
        for day in (PACK.remit.start, eve(SHORTER), SHORTER, date(2026, 6, 1))
    }

    assert list(lengths.values()) == [45, 45, 30, 30]


def test_a_recovery_period_keeps_the_length_of_the_day_it_began():
    moment = datetime(2022, 12, 12, 16, 30, tzinfo=UTC)
    read = PACK.read_facts(CONSENTING)
    clocks = PACK.start_clocks("reasonable_grounds_positive", read, "MST", on=moment.date(), at=moment)

    assert {clock.due for clock in clocks if clock.clock == "recovery"} == {
        datetime(2023, 1, 26, 23, 59, 59, tzinfo=UTC)
    }


def test_conclusive_grounds_wait_for_the_end_of_recovery_on_every_day():
    for day in PACK.policy.starts:
        clocks = started("reasonable_grounds_positive", day, **CONSENTING)
        assert clocks["conclusive_grounds_earliest"] == clocks["recovery"], day


def test_progress_was_reviewed_on_the_thirtieth_day_while_there_were_forty_five():
    assert lasts("reasonable_grounds_positive", eve(SHORTER), "progress_review", **CONSENTING) == 30
    assert "progress_review" not in started("reasonable_grounds_positive", SHORTER, **CONSENTING)


def test_reconsideration_may_be_asked_for_within_30_days_from_february_2024():
    assert started("decision_negative", date(2024, 1, 31), **CONSENTING) == {}
    assert lasts("decision_negative", date(2024, 2, 1), "reconsideration", **CONSENTING) == 30


def test_facilitation_starts_no_clock_of_the_mechanism():
    facts = {"matter": "facilitation", "age": "adult", "referral_consent": "yes"}
    clocks = {clock.clock for clock in decide(SHORTER, **facts).clocks}

    assert clocks == {"acceptance", "first_assessment"}
    assert started("reasonable_grounds_positive", SHORTER, **facts) == {}


def test_a_child_never_waits_longer_than_an_adult():
    for day in (SHORTER + timedelta(days=n) for n in range(7)):
        due = {
            age: {clock.clock: clock.due for clock in decide(day, age=age, referral_consent="yes").clocks}
            for age in ("adult", "child", "unknown")
        }

        assert due["child"] == due["unknown"]
        assert all(due["child"][clock] <= until for clock, until in due["adult"].items())


def test_what_the_force_has_to_do_goes_up_when_it_is_late_and_what_others_do_at_most_to_whoever_asks_them():
    due = datetime(2024, 6, 14, 23, 59, 59, tzinfo=UTC)
    told = {
        row.clock: [step.to for step in PACK.breach_steps(row.clock, row.holder, PACK.read_facts(CONSENTING), due)]
        for row in PACK.policy.clocks.rows
    }
    held_here = {row.clock for row in PACK.policy.clocks.rows if row.holder in HELD_HERE}

    assert {clock for clock, to in told.items() if to == ["supervisor", "commander"]} == held_here
    assert {clock for clock, to in told.items() if to == ["supervisor"]} == {"reasonable_grounds"}


# The force and its areas


def test_a_local_team_is_named_by_its_area():
    facts = {"age": "adult", "exploitation": "labour", "organised": False, "reach": "borough", "victims": 1}
    decision = decide(SHORTER, **facts, borough="west area")

    assert (decision.owner, decision.owner_borough, decision.nim_level) == ("LOCAL", "West area", 1)
    assert "LOCAL-WEST-AREA" in PACK.units.on(SHORTER)
    assert decide(SHORTER, **facts).owner_borough is None


def test_an_area_of_another_force_has_no_team_here_and_the_owner_keeps_the_referral():
    assert [name for name, area in PACK.boroughs.items() if not area.own_force] == ["Neighbouring area"]
    assert "LOCAL-NEIGHBOURING-AREA" not in PACK.units.on(SHORTER)
    assert "keeps the referral until that force accepts it" in decide(SHORTER, borough="Neighbouring area").explanation


def test_guardians_follow_from_the_area_and_from_nothing_that_is_told():
    covered = {
        name for name in PACK.boroughs if decide(date(2026, 6, 1), borough=name).facts.values["guardian"] == "yes"
    }
    own = [area for area in PACK.boroughs.values() if area.own_force]

    assert 3 * len(covered) == 2 * len(own)
    for area in PACK.boroughs:
        named = "GUARDIANS" in drawn_on(date(2026, 6, 1), age="child", borough=area)
        assert named == (area in covered or area == "Neighbouring area"), area
        assert "GUARDIANS" not in drawn_on(date(2026, 6, 1), age="adult", borough=area)


@pytest.mark.parametrize(
    ("day", "there", "gone"),
    [
        (date(2009, 4, 1), {"UKHTC", "UKBA", "POPPY"}, set()),
        (eve(ACT), {"UKHTC", "UKVI", "SOC"}, {"UKBA"}),
        (ACT, {"UKHTC", "UKVI", "SOC", "MST"}, {"UKBA"}),
        (SINGLE, {"SCA"}, {"UKBA", "UKVI", "UKHTC"}),
        (date(2026, 6, 1), {"SCA", "IECA", "FAIR-WORK-AGENCY"}, {"UKBA", "UKVI", "UKHTC", "POPPY"}),
    ],
)
def test_the_organisation_of_the_day(day, there, gone):
    organisation = PACK.units.on(day)

    assert there <= {unit.id for unit in organisation.units}
    assert gone <= {unit.id for unit in organisation.gone}
    assert not (there | FORCE - {"MST"}) & {unit.id for unit in organisation.gone}


def test_an_owner_and_whoever_is_drawn_on_exist_on_every_day_of_the_row():
    for day in PACK.policy.starts:
        there = PACK.units.on(day)
        for row in (*PACK.remit.rules, *PACK.policy.supports.rows):
            unit = getattr(row, "owner", None) if hasattr(row, "overrides") else row.unit
            assert day not in row.period or unit in there, (day, row.id)


# Figures and the definition


def test_every_sum_holds_and_the_first_referrals_are_527():
    checked = PACK.figures.check()

    assert all(one.holds for one in checked), [one.words for one in checked if not one.holds]
    assert [one.found for one in checked if one.sum.id == "first-referrals-add-up"] == [527]


def test_figures_and_clocks_say_the_same():
    said = {figure.id: figure.value for figure in PACK.figures.figures}

    for day, suffix in ((eve(SHORTER), "-before"), (SHORTER, "")):
        assert lasts("reasonable_grounds_positive", day, "recovery", **CONSENTING) == said[f"recovery{suffix}"]
    assert said["recovery-changes"] == SHORTER
    assert said["duty-to-notify"] == DUTY
    assert lasts("decision_negative", SINGLE.replace(year=2025), "reconsideration") == said["reconsideration"]
    assert {row.working_days for row in PACK.policy.clocks.rows if row.clock == "reasonable_grounds"} == {
        said["reasonable-grounds"]
    }


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (
            {"age": "adult", "acts": ["recruitment"], "means": ["deception"], "purposes": ["forced_labour"]},
            "trafficking",
        ),
        ({"age": "adult", "acts": ["recruitment"], "means": [], "purposes": ["forced_labour"]}, "not_shown"),
        ({"age": "unknown", "acts": ["transfer"], "purposes": ["servitude"]}, "trafficking"),
        ({}, "insufficient"),
    ],
)
def test_the_finding_is_that_of_the_convention(told, finding):
    assert PACK.assess(told).finding == finding


# How firmly it stands


def test_every_row_cites_a_source_and_every_assumed_one_says_why():
    for row in ROWS:
        assert row["cites"], row["id"]
        assert row["basis"] in set(Basis), row["id"]
        assert row["basis"] != "assumed" or row.get("why"), row["id"]
        assert row["basis"] != "stated" or "assumed" not in row.get("why", ""), row["id"]


def test_what_is_from_memory_decides_nothing():
    assert not [row["id"] for row in ROWS if any(cite.startswith("MEMORY") for cite in row["cites"])]
    unverified = [figure for figure in PACK.figures.figures if figure.cite.startswith("MEMORY")]
    assert unverified
    assert all("unverified" in figure.what for figure in unverified)
    used = {id_ for one in PACK.figures.check() for id_ in (*one.sum.terms, one.sum.total)}
    assert not used & {figure.id for figure in unverified}
    assert not [sign for sign in PACK.definition.indicators if sign.scored and sign.confidence == "from memory"]


def test_every_source_is_cited_by_some_row():
    cited = {cite for row in ROWS for cite in row["cites"]} | {figure.cite for figure in PACK.figures.figures}
    cited |= {cite for invariant in PACK.invariants for cite in invariant.cites}
    cited |= {cite for _, _, cite in PACK.definition.cites}

    assert {source.id for source in PACK.sources} == {cite.split()[0] for cite in cited}


def test_the_areas_are_invented():
    with (FOLDER / "boroughs.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    assert all(row["gss"].startswith("AREA-") and row["name"].endswith(" area") for row in rows)


# The same on the command line


def palermo(*words: str, told: str = "") -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("palermo")
    return subprocess.run([command, *words], input=told, capture_output=True, text=True, encoding="utf-8")


def test_the_command_line_decides_every_example_as_the_pack_does():
    lines = [{**example.facts, "id": example.says, "received": str(example.on)} for example in PACK.examples]
    done = palermo("remit", "decide", "--pack", "uk-nrm", "-", told="".join(f"{json.dumps(line)}\n" for line in lines))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [PACK.decide(PACK.read_facts(line)).as_dict() for line in lines]

    assert done.returncode == 0, done.stderr
    # the command line knows the bank holidays
    assert [{**said, "clocks": []} for said in found] == [{**said, "clocks": []} for said in wanted]


def test_the_command_line_finds_the_pack_whole_and_the_sources_alone_not():
    assert palermo("remit", "check", "--pack", "uk-nrm").returncode == 0
    assert palermo("remit", "check", "--pack", "uk-nrm", "--stated").returncode == 1
