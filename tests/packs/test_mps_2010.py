"""The pack as the source has it. Expected values here were read from the source, not from the pack."""

import csv
import json
import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from palermo.domain.policy import Basis
from palermo.packs import load
from palermo.packs.loader import PACKS

FOLDER = PACKS / "mps-2010"
PACK = load("mps-2010")
EVE, CHANGE = date(2010, 3, 31), date(2010, 4, 1)
GOLFS_LAST, AFTER_GOLF = date(2010, 12, 31), date(2011, 1, 1)
STATED = PACK.remit.check(stated=True)
OWNERS = {"CO14", "HTT", "MAXIM", "SWALE", "GOLF", "SCD5-PALADIN", "SCD9", "TP"}
ROWS = {
    "remit.toml": [
        row for block in tomllib.loads((FOLDER / "remit.toml").read_text("utf-8"))["block"] for row in block["rules"]
    ],
    **{
        f"{name}.toml {key}": tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))[key]
        for name, keys in {
            "tasking": ("levels", "support", "safeguarding", "resources"),
            "clocks": ("clocks", "breaches"),
            "units": ("units", "posts"),
            "definition": ("test",),
        }.items()
        for key in keys
    },
}


def decide(on: date, **facts: object):
    return PACK.decide(PACK.read_facts(facts), on)


def owner(on: date, **facts: object) -> str:
    return decide(on, **facts).owner


# What must come out, and what must never


@pytest.mark.parametrize("example", PACK.examples, ids=lambda example: example.says)
def test_the_worked_example_comes_out_as_it_says(example):
    assert [str(wrong) for wrong in PACK.differing_examples() if wrong.example == example] == []


def test_the_invariants_hold_for_every_profile_on_every_day():
    assert len(PACK.invariants) >= 15
    assert PACK.broken_invariants() == ()


def test_every_referral_has_exactly_one_owner_on_every_day():
    report = PACK.remit.check()

    assert report.ok, str(report)


def test_the_source_alone_gives_these_to_two_units():
    found = {(overlap.period.start, frozenset(rule.owner for rule in overlap.rules)) for overlap in STATED.overlaps}

    assert found == {
        (PACK.remit.start, frozenset({"CO14", "HTT"})),
        (PACK.remit.start, frozenset({"SCD5-PALADIN", "GOLF"})),
        (CHANGE, frozenset({"SCD5-PALADIN", "GOLF"})),
        (CHANGE, frozenset({"SCD9", "TP"})),
        (AFTER_GOLF, frozenset({"SCD9", "TP"})),
    }


@pytest.mark.parametrize(
    ("start", "facts"),
    [
        (PACK.remit.start, {"age": "unknown"}),
        (PACK.remit.start, {"age": "adult", "exploitation": "organ_removal", "organised": "no"}),
        (CHANGE, {"age": "adult", "exploitation": "sexual", "organised": "no"}),
        (CHANGE, {"age": "adult", "exploitation": "labour", "organised": "no", "reach": "cross_borough"}),
        (CHANGE, {"age": "adult", "exploitation": "labour", "organised": "no", "reach": "borough", "victims": 2}),
        (AFTER_GOLF, {"age": "unknown"}),
    ],
)
def test_the_source_alone_leaves_this_to_nobody(start, facts):
    values = PACK.read_facts(facts).values
    gaps = [gap.limits for gap in STATED.gaps if gap.period.start == start]

    assert [limits for limits in gaps if all(values[name] in allowed for name, allowed in limits.items())]


def test_the_examples_reach_every_rule_owner_and_interval():
    examples = [(example, decide(example.on, **example.facts)) for example in PACK.examples]

    assert len(examples) >= 50
    assert {decision.owner for _, decision in examples} == OWNERS
    assert {(d.rule, d.route.rule.period) for _, d in examples} == {(r.id, r.period) for r in PACK.remit.rules}
    days = {example.on for example, _ in examples}
    assert {EVE, CHANGE, GOLFS_LAST, AFTER_GOLF} <= days
    assert {decision.basis for _, decision in examples} == set(Basis)


# The owners of the contract


def test_the_owners_are_those_of_the_contract_on_every_interval():
    days = [PACK.remit.start, EVE, CHANGE, GOLFS_LAST, AFTER_GOLF, date(2030, 1, 1)]
    found = {day: {PACK.decide(PACK.read_facts(facts), day).owner for facts in every_kind_of_facts()} for day in days}

    assert found[EVE] == OWNERS - {"SCD9"}
    assert found[CHANGE] == found[GOLFS_LAST] == {"SWALE", "GOLF", "SCD5-PALADIN", "SCD9", "TP"}
    assert found[AFTER_GOLF] == found[date(2030, 1, 1)] == {"SWALE", "SCD5-PALADIN", "SCD9", "TP"}


def every_kind_of_facts():
    for matter in PACK.vocabulary.by_name["matter"].values:
        for age in ("adult", "child", "unknown"):
            for exploitation in PACK.vocabulary.by_name["exploitation"].values:
                for organised in ("yes", "no"):
                    for reach in ("borough", "international", "unknown"):
                        for nexus in ("none", "golf"):
                            yield {
                                "matter": matter,
                                "age": age,
                                "exploitation": exploitation,
                                "organised": organised,
                                "reach": reach,
                                "nexus": nexus,
                                "victims": "one",
                            }


def test_an_owner_exists_on_every_day_that_it_owns():
    for day in PACK.remit.dated.starts:
        there = {unit.id for unit in PACK.units.on(day).units}
        owners = {rule.owner for rule in PACK.remit.rules if day in rule.period}

        assert owners <= there, day


def test_a_function_that_decides_is_one_of_its_unit():
    for rule in PACK.remit.rules:
        day = max(rule.period.start or PACK.remit.start, PACK.remit.start)
        functions = {function.id for function in PACK.units.on(day).unit(rule.owner).functions}

        assert rule.function is None or rule.function in functions, rule


@pytest.mark.parametrize(
    "matter", ["prostitution", "licensed_premises", "casino", "drug_supply", "obscene_publications"]
)
def test_the_other_duties_of_the_command_go_to_it_under_both_its_names(matter):
    before, after = decide(EVE, matter=matter), decide(CHANGE, matter=matter)

    assert (before.owner, after.owner) == ("CO14", "SCD9")
    assert before.function == after.function


def test_a_borough_that_owns_is_named():
    facts = {"age": "adult", "exploitation": "labour", "reach": "borough", "victims": 1}

    assert decide(CHANGE, **facts, borough="Croydon").owner_borough == "Croydon"
    assert decide(CHANGE, **facts).owner_borough is None
    assert decide(CHANGE, **{**facts, "victims": 2}, borough="Croydon").owner_borough is None


def test_a_nationality_is_no_fact_and_a_link_to_an_operation_is_only_one_by_intelligence():
    assert not {"nationality", "ethnicity", "country"} & set(PACK.vocabulary.by_name)
    assert owner(CHANGE, age="child", exploitation="criminal", organised=True, reach="international") == "SCD5-PALADIN"


# Olympic boroughs


def test_the_five_olympic_boroughs_are_supported_as_long_as_the_fund_lasts():
    five = {name for name, borough in PACK.boroughs.items() if borough.facts["olympic"] == "yes"}
    facts = {"age": "adult", "exploitation": "sexual"}

    assert five == {"Greenwich", "Hackney", "Newham", "Tower Hamlets", "Waltham Forest"}
    for day, there in ((EVE, False), (CHANGE, True), (date(2012, 3, 31), True), (date(2012, 4, 1), False)):
        for borough in PACK.boroughs:
            support = {support.unit: support.why for support in decide(day, **facts, borough=borough).support}
            assert ("MIU" in support) == (there and borough in five), (day, borough)
    (why,) = [s.why for s in decide(CHANGE, **facts, borough="Newham").support if s.unit == "MIU"]
    assert "Migration Impact Fund" in why and "£600,000" in why


def test_the_boroughs_are_the_thirty_two_of_the_force_and_the_city():
    assert len(PACK.boroughs) == 33
    assert [name for name, borough in PACK.boroughs.items() if not borough.own_force] == ["City of London"]


def test_an_organised_case_draws_on_what_its_kind_needs_and_on_nothing_else():
    of_an_adult = {"age": "adult", "organised": True, "borough": "Newham"}
    common = ["SCD-INTELLIGENCE", "SCD-COVERT"]
    sexual = ["MIU", *common, "SCD-SEXUAL-ASSAULT"]

    for kind in PACK.vocabulary.by_name["exploitation"].values:
        support = [one.unit for one in decide(CHANGE, **of_an_adult, exploitation=kind).support]
        assert support == (sexual if kind == "sexual" else common), kind
    for matter in PACK.vocabulary.by_name["matter"].values[1:]:
        facts = {**of_an_adult, "matter": matter, "exploitation": "sexual", "reach": "international"}
        support = [one.unit for one in decide(CHANGE, **facts).support]
        assert support == (common if matter == "facilitation" else []), matter


# Children


BOARD = "Merton Local Safeguarding Children Board"


@pytest.mark.parametrize("matter", PACK.vocabulary.by_name["matter"].values)
def test_a_child_has_a_safeguarding_partner_and_paladin_whatever_the_matter(matter):
    partners = {
        age: decide(CHANGE, matter=matter, age=age, borough="Merton").safeguarding_partner
        for age in ("adult", "child", "unknown")
    }
    decision = decide(CHANGE, matter=matter, age="child", borough="Merton")

    assert partners == {"adult": None, "child": BOARD, "unknown": BOARD if matter == "trafficking" else None}
    assert "SCD5-PALADIN" in {decision.owner, *(support.unit for support in decision.support)}


# Levels and clocks


def test_the_level_follows_from_the_reach_and_is_null_where_that_is_not_known():
    levels = {reach: decide(CHANGE, reach=reach).nim_level for reach in PACK.vocabulary.by_name["reach"].values}

    assert levels == {"borough": 1, "cross_borough": 2, "national": 3, "international": 3, "unknown": None}
    assert "not known" in decide(CHANGE).level_reason


def test_every_clock_is_assumed_and_says_so():
    assert {row["basis"] for key in ("clocks", "breaches") for row in ROWS[f"clocks.toml {key}"]} == {"assumed"}
    assert all("assumed" in clock.source for clock in decide(CHANGE, age="adult").clocks)


ADULT = {"acceptance": "2010-04-02", "duty_to_investigate": "2010-04-04", "first_assessment": "2010-04-08"}
CHILD = {
    "child_safety": "2010-04-01",
    "safeguarding": "2010-04-01",
    "acceptance": "2010-04-01",
    "first_assessment": "2010-04-02",
    "duty_to_investigate": "2010-04-02",
}
SAME_DAY = {"child_safety": "2010-04-01", "safeguarding": "2010-04-01"}


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({"age": "adult"}, ADULT),
        ({"age": "child"}, CHILD),
        ({"age": "unknown"}, CHILD),
        ({"matter": "facilitation", "age": "adult"}, {"acceptance": "2010-04-08", "first_assessment": "2010-04-08"}),
        ({"matter": "facilitation"}, {"acceptance": "2010-04-08", "first_assessment": "2010-04-08"}),
        (
            {"matter": "facilitation", "age": "child"},
            {**SAME_DAY, "acceptance": "2010-04-08", "first_assessment": "2010-04-08"},
        ),
        ({"matter": "casino"}, {"acceptance": "2010-04-08"}),
        ({"matter": "prostitution", "age": "child"}, {**SAME_DAY, "acceptance": "2010-04-08"}),
    ],
)
def test_these_clocks_start_and_are_due(facts, due):
    decision = decide(CHANGE, **facts)

    assert {clock.clock: clock.due.isoformat() for clock in decision.clocks} == due
    assert {clock.starts for clock in decision.clocks} == {CHANGE}


def test_bank_holidays_are_no_working_days():
    easter = {date(2010, 4, 2), date(2010, 4, 5)}
    clocks = PACK.decide(PACK.read_facts({"age": "adult"}), CHANGE, holidays=easter).clocks
    due = {clock.clock: clock.due for clock in clocks}

    assert due["acceptance"] == date(2010, 4, 6)
    assert due["duty_to_investigate"] == date(2010, 4, 4)


def test_the_duty_to_investigate_alone_runs_from_the_first_credible_allegation():
    rows = PACK.policy.clocks.rows
    assert {row.clock for row in rows if row.starts == "credible_allegation"} == {"duty_to_investigate"}
    assert {row.starts for row in rows if row.clock == "duty_to_investigate"} == {"credible_allegation"}
    # the referral is one, and a decision on it says so as it always did
    (duty,) = [clock for clock in decide(CHANGE, age="adult").clocks if clock.clock == "duty_to_investigate"]
    assert duty.as_dict() == {
        "clock": "duty_to_investigate",
        "starts": "2010-04-01",
        "due": "2010-04-04",
        "source": "assumed (§17)",
    }


def test_a_child_never_waits_longer_than_an_adult():
    for day in (CHANGE + timedelta(days=n) for n in range(7)):
        due = {
            age: {clock.clock: clock.due for clock in decide(day, age=age).clocks}
            for age in ("adult", "child", "unknown")
        }

        assert due["child"] == due["unknown"]
        assert all(due["child"][clock] <= until for clock, until in due["adult"].items())


# Breaches

FRIDAY_NIGHT = datetime(2010, 6, 11, 23, 59, 59, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("facts", "clock", "commander"),
    [
        ({"age": "adult"}, "acceptance", "2010-06-14T23:59:59"),
        ({"age": "adult"}, "duty_to_investigate", "2010-06-12T23:59:59"),
        ({"age": "child"}, "acceptance", "2010-06-12T01:59:59"),
        ({}, "child_safety", "2010-06-12T01:59:59"),
        ({"age": "child"}, "duty_to_investigate", "2010-06-12T11:59:59"),
        ({"age": "child"}, "escalation_answer", "2010-06-12T11:59:59"),
        ({"age": "child", "matter": "prostitution"}, "child_safety", "2010-06-12T01:59:59"),
    ],
)
def test_a_breach_goes_to_the_supervisor_at_once_and_to_the_commander_soon(facts, clock, commander):
    first, second = PACK.breach_steps(clock, "owner", PACK.read_facts(facts), FRIDAY_NIGHT)

    assert (first.to, first.after) == ("supervisor", FRIDAY_NIGHT)
    assert (second.to, second.after.isoformat()[:19]) == ("commander", commander)


def test_the_breach_of_a_childs_clock_never_goes_up_later_than_an_adults():
    for clock, holder in {(row.clock, row.holder) for row in PACK.policy.clocks.rows}:
        for due in (FRIDAY_NIGHT + timedelta(hours=7 * n) for n in range(24)):
            after = {
                age: [step.after for step in PACK.breach_steps(clock, holder, PACK.read_facts({"age": age}), due)]
                for age in ("adult", "child", "unknown")
            }
            assert after["child"] == after["unknown"]
            assert all(child <= adult for child, adult in zip(after["child"], after["adult"], strict=True))


# Who can be asked for what


def asked(owner: str, on: date, resource: str) -> set[str]:
    return {one.unit for one in PACK.resources.of(owner, on) if one.id == resource}


@pytest.mark.parametrize(
    ("resource", "owner", "before", "after"),
    [
        ("tactical_advice", "TP", {"CO14"}, {"SCD9"}),
        ("operational_support", "TP", {"CO14"}, {"SCD9"}),
        ("operational_support", "SCD5-PALADIN", {"CO14"}, {"SCD9"}),
        ("financial_investigation", "SCD5-PALADIN", {"CO14"}, {"SCD9"}),
        ("covert_policing", "SCD5-PALADIN", {"SCD-COVERT"}, {"SCD-COVERT"}),
        ("covert_policing", "TP", set(), set()),
        ("kidnap_investigation", "CO14", set(), set()),
        ("kidnap_investigation", "SCD9", {"SCD-KIDNAP"}, {"SCD-KIDNAP"}),
        ("murder_investigation", "HTT", {"SCD-MURDER"}, {"SCD-MURDER"}),
        ("sexual_assault_investigation", "SCD9", {"SCD-SEXUAL-ASSAULT"}, {"SCD-SEXUAL-ASSAULT"}),
        ("intelligence", "SCD9", {"SCD-INTELLIGENCE"}, {"SCD-INTELLIGENCE"}),
        ("child_trafficking_advice", "TP", {"SCD5-PALADIN"}, {"SCD5-PALADIN"}),
        ("child_trafficking_advice", "SCD5-PALADIN", set(), set()),
        ("olympic_victim_support", "TP", set(), {"MIU"}),
    ],
)
def test_who_can_be_asked_before_and_after_the_change(resource, owner, before, after):
    assert (asked(owner, EVE, resource), asked(owner, CHANGE, resource)) == (before, after)


def test_that_paladin_draws_on_scd9_is_stated_and_for_others_inferred():
    by_owner = {
        owner: PACK.resources.find("operational_support", "SCD9", owner, CHANGE).row
        for owner in ("SCD5-PALADIN", "TP", "GOLF")
    }

    assert {owner: (row.basis, row.cites) for owner, row in by_owner.items()} == {
        "SCD5-PALADIN": (Basis.STATED, ("§11",)),
        "TP": (Basis.INFERRED, ("§4", "§10")),
        "GOLF": (Basis.INFERRED, ("§4", "§10")),
    }


def test_every_unit_that_the_remit_suggests_can_be_asked_for_something_by_each_owner_it_is_suggested_to():
    days = {EVE, CHANGE, GOLFS_LAST, AFTER_GOLF, date(2012, 3, 31), date(2012, 4, 1)}
    for row in PACK.policy.supports.rows:
        for day in (day for day in days if day in row.period):
            for owner in set(row.owner or OWNERS) - {row.unit}:
                if owner in PACK.units.on(day):
                    assert row.unit in {one.unit for one in PACK.resources.of(owner, day)}, (row.id, owner, day)


def test_a_request_for_support_has_two_working_days_and_a_childs_one():
    def due(event: str, **facts: object) -> dict[str, tuple[date, str]]:
        started = PACK.start_clocks(event, PACK.read_facts(facts), "TP", on=CHANGE)
        return {clock.clock: (clock.due, clock.holder) for clock in started}

    assert due("support_requested", age="adult") == {"support_answer": (date(2010, 4, 5), "asked")}
    assert due("support_requested", age="child") == {"support_answer": (date(2010, 4, 2), "asked")}
    assert due("support_disputed", age="adult") == {"support_decision": (date(2010, 4, 5), "commander")}


# The organisation


def test_the_two_organisations_of_the_source():
    eve, morning = PACK.units.on(EVE), PACK.units.on(CHANGE)

    assert {"CO14", "HTT", "MAXIM", "SWALE", "GOLF", "SCD5-PALADIN"} <= {unit.id for unit in eve.units}
    assert "SCD9" not in eve
    assert [unit.id for unit in eve.line("CO14")] == ["CO14", "CO", "MPS"]
    assert [unit.id for unit in eve.line("HTT")] == ["HTT", "MAXIM", "SCD", "MPS"]
    assert [unit.id for unit in morning.line("SCD9")] == ["SCD9", "SCD", "MPS"]
    assert {gone.id: (gone.since, gone.successor) for gone in morning.gone} == {
        "CO14": (CHANGE, "SCD9"),
        "HTT": (CHANGE, "SCD9"),
    }
    assert {coming.id for coming in eve.to_come} == {"SCD9", "MIU"}


def test_officers_and_staff_are_those_of_the_source():
    eve = PACK.units.on(EVE)

    assert (eve.unit("CO14").officers, eve.unit("CO14").staff) == (87, 18)
    assert [function.officers for function in eve.unit("CO14").functions] == [39, 17, 10, 14, 8]
    assert [eve.unit(unit).officers for unit in ("HTT", "SWALE", "GOLF")] == [11, 84, 15]
    assert eve.unit("SCD5-PALADIN").officers is None


def test_golf_is_there_until_the_end_of_its_money():
    assert "GOLF" in PACK.units.on(GOLFS_LAST)
    assert [gone.since for gone in PACK.units.on(AFTER_GOLF).gone if gone.id == "GOLF"] == [AFTER_GOLF]


def test_a_transfer_that_was_only_discussed_did_not_happen():
    for day in (EVE, CHANGE, GOLFS_LAST):
        there = PACK.units.on(day)
        assert (there.unit("SWALE").parent, there.unit("GOLF").parent) == ("TP", "TP")
    assert "nothing was decided" in PACK.units.on(CHANGE).unit("SWALE").unit.note


def test_command_passes_from_territorial_policing_to_the_specialist_directorate():
    lead = {day: {post.unit for post in PACK.units.on(day).unit("SCD5-PALADIN").led_by} for day in (EVE, CHANGE)}

    assert lead == {EVE: {"TP"}, CHANGE: {"SCD"}}


def test_there_are_thirty_two_borough_units_under_territorial_policing():
    boroughs = [unit for unit in PACK.units.on(CHANGE).units if unit.kind == "borough"]

    assert len(boroughs) == 32
    assert {unit.parent for unit in boroughs} == {"TP"}
    assert "TP-TOWER-HAMLETS" in {unit.id for unit in boroughs}


# Figures


def test_the_sums_that_do_not_hold_are_these_and_no_others():
    wrong = {one.sum.id: one.difference for one in PACK.figures.check() if not one.holds}

    assert wrong == {"co14-functions-add-up": 1, "migration-money": -250_000}


def test_swale_and_golf_add_up():
    (both,) = [one for one in PACK.figures.check() if one.sum.id == "swale-and-golf"]

    assert (both.holds, both.found) == (True, 99)


@pytest.mark.parametrize(
    ("value", "unit", "cite"),
    [
        (87, "officers", "§4"),
        (18, "staff", "§4"),
        (39, "officers", "§5"),
        (17, "officers", "§5"),
        (10, "officers", "§5"),
        (14, "officers", "§5"),
        (8, "officers", "§5"),
        (600_000, "GBP", "§6"),
        (11, "officers", "§7"),
        (1_800_000, "GBP", "§8"),
        (435_000, "GBP", "§8"),
        (6, "months", "§15"),
        (84, "officers", "§16"),
        (15, "officers", "§16"),
        (99, "officers", "§16"),
        (1_600_000, "EUR", "§16"),
        (6_226_000, "GBP", "D2"),
        (350_000, "GBP", "D2"),
    ],
)
def test_the_figure_is_there_under_its_paragraph(value, unit, cite):
    assert [f for f in PACK.figures.figures if (f.value, f.unit, f.cite) == (value, unit, cite)]


def test_units_and_figures_say_the_same():
    said = {figure.id: figure.value for figure in PACK.figures.figures}
    co14 = PACK.units.on(EVE).unit("CO14")

    assert co14.officers == said["co14-officers"]
    assert co14.staff == said["co14-staff"]
    assert {f"co14-{f.id.replace('_', '-')}": f.officers for f in co14.functions} == {
        id_: value for id_, value in said.items() if id_ in {f"co14-{f.id.replace('_', '-')}" for f in co14.functions}
    }
    for unit in ("HTT", "SWALE", "GOLF"):
        assert PACK.units.on(EVE).unit(unit).officers == said[f"{unit.lower()}-officers"]


# The definition


def test_the_elements_are_the_five_acts_nine_means_and_eight_purposes_of_the_convention():
    assert [len(PACK.definition.of(kind)) for kind in ("act", "means", "purpose")] == [5, 9, 8]


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (
            {"age": "adult", "acts": ["recruitment"], "means": ["deception"], "purposes": ["forced_labour"]},
            "trafficking",
        ),
        ({"age": "adult", "acts": ["ACT-HAR"], "means": ["MNS-ABV"], "purposes": ["PUR-SRV"]}, "trafficking"),
        ({"age": "adult", "acts": ["recruitment"], "purposes": ["forced_labour"]}, "insufficient"),
        ({"age": "adult", "acts": ["recruitment"], "means": [], "purposes": ["forced_labour"]}, "not_shown"),
        ({"age": "child", "acts": ["transfer"], "purposes": ["servitude"]}, "trafficking"),
        ({"acts": ["transfer"], "purposes": ["servitude"]}, "trafficking"),
        ({"age": "child", "acts": ["transfer"], "purposes": []}, "not_shown"),
        ({}, "insufficient"),
    ],
)
def test_the_finding_is_that_of_the_convention(told, finding):
    assert PACK.assess(told).finding == finding


def test_signs_from_memory_are_never_scored():
    signs = PACK.definition.indicators

    assert len(signs) == 263
    assert {sign.confidence for sign in signs if sign.scored} == {"verified-secondary"}
    assert sum(sign.scored for sign in signs) == 135
    assert all("unverified" in sign.source for sign in signs if not sign.scored)


def test_the_finding_cites_the_article_that_its_test_rests_on():
    assert PACK.assess({"age": "adult"}).sources == ("CETS197 art 4(a)", "§2")
    assert PACK.assess({"age": "child", "consent": True}).sources == ("CETS197 art 4(c)", "§2", "CETS197 art 4(b)")


# The pack as a document


def test_every_row_cites_a_paragraph_and_every_assumed_one_says_why():
    for rows in ROWS.values():
        for row in rows:
            assert row["cites"], row["id"]
            assert row["basis"] in set(Basis), row["id"]
            # a level and a partner say their reason in fields of their own as well
            assert row["basis"] != "assumed" or row.get("why"), row["id"]


def test_a_row_that_speaks_of_an_assumption_is_not_called_stated():
    for rows in ROWS.values():
        for row in rows:
            assert row["basis"] != "stated" or "assumed" not in row.get("why", ""), row["id"]


def test_facts_from_memory_are_marked_wherever_they_stand():
    for name in ("elements.csv", "indicators.csv", "screening.csv"):
        with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                assert row["confidence"] in ("verified", "verified-secondary", "from memory"), row
                assert row["confidence"] != "from memory" or row["use_for_scoring"] == "no", row


def test_decisions_findings_and_figures_are_plain_json():
    for said in (
        decide(CHANGE).as_dict(),
        PACK.assess({}).as_dict(),
        PACK.figures.as_dict(),
        PACK.units.on(CHANGE).as_dict(),
    ):
        assert json.loads(json.dumps(said, ensure_ascii=False)) == said


def test_no_unit_or_paragraph_of_the_pack_stands_in_the_code():
    code = [path for path in Path(PACKS).parent.rglob("*.py") if path.parent.name in ("domain", "remit", "packs")]
    named = re.compile(r"\b(" + "|".join(sorted(OWNERS - {"TP"})) + r")\b|§\d")

    assert len(code) > 10
    assert [(path.name, found[0]) for path in code if (found := named.search(path.read_text(encoding="utf-8")))] == []
