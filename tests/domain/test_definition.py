from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo.domain.definition import (
    AgeTest,
    Consent,
    Definition,
    Element,
    Indicator,
    IndicatorSet,
    Kind,
    ScreeningRule,
    definition_faults,
)
from palermo.domain.policy import Basis
from palermo.domain.referral import FactsRefused

KINDS = [Kind("act", "Act", "acts"), Kind("means", "Means", "means"), Kind("purpose", "Purpose", "purposes")]
ELEMENTS = [
    Element("A1", "act", "receipt"),
    Element("A2", "act", "transfer"),
    Element("M1", "means", "use of force", ("force",)),
    Element("M2", "means", "deception"),
    Element("P1", "purpose", "forced labour or services", ("forced_labour",)),
]
TESTS = [
    AgeTest("T1", "adult", ("act", "means", "purpose"), "An adult needs all three.", Basis.STATED, ("art 1",)),
    AgeTest("T2", "child", ("act", "purpose"), "A child needs no means.", Basis.STATED, ("art 2",)),
    AgeTest("T3", "unknown", ("act", "purpose"), "As a child.", Basis.ASSUMED, ("art 3",), "T1", "because"),
]
CONSENT = Consent("Irrelevant: means.", "Irrelevant: child.", "It changes nothing.", ("art 4",))
FINDINGS = {"trafficking": "It is shown.", "not_shown": "It is not shown.", "insufficient": "Too little is known."}
SETS = [IndicatorSet("grown", "Grown", ("adult",)), IndicatorSet("young", "Young", ("child", "unknown"))]
RULES = [
    ScreeningRule("A", "two strong", 2, 0, 0),
    ScreeningRule("B1", "one strong and one medium", 1, 1, 0),
    ScreeningRule("B2", "one strong and one weak", 1, 0, 1),
    ScreeningRule("C", "three medium", 0, 3, 0),
    ScreeningRule("D", "two medium and one weak", 0, 2, 1),
]


def a_sign(code: str, strength: str, *, set_: str = "grown", scored: bool = True, dimension: str = "lure") -> Indicator:
    return Indicator(
        code, set_, dimension, dimension.title(), f"sign {code}", strength, "means", scored, "", "verified"
    )


SIGNS = [
    *(a_sign(f"{strength[0].upper()}{n}", strength) for strength in ("strong", "medium", "weak") for n in range(4)),
    a_sign("U1", "strong", scored=False),
    a_sign("Y1", "strong", set_="young"),
    a_sign("Y2", "strong", set_="young"),
    a_sign("H1", "weak", dimension="hold"),
]


def a_definition(**changes: object) -> Definition:
    parts = {
        "kinds": KINDS,
        "elements": ELEMENTS,
        "tests": TESTS,
        "consent": CONSENT,
        "findings": FINDINGS,
        "indicators": SIGNS,
        "sets": SETS,
        "rules": RULES,
        "screening_says": "Signs never decide.",
        "screening_cites": ["signs"],
    }
    return Definition(**{**parts, **changes})


DEFINITION = a_definition()
WHOLE = {"acts": ["receipt"], "means": ["deception"], "purposes": ["forced_labour"]}


def finding(age: str | None = "adult", **told: object) -> str:
    return str(DEFINITION.assess({"age": age, **told}).finding)


def problems(**told: object) -> list[str]:
    with pytest.raises(FactsRefused) as refused:
        DEFINITION.assess(told)
    return str(refused.value).splitlines()


# The finding


def test_an_adult_needs_act_means_and_purpose():
    assert finding(**WHOLE) == "trafficking"
    assert finding(**{**WHOLE, "means": None}) == "insufficient"
    assert finding(**{**WHOLE, "means": []}) == "not_shown"


def test_a_child_needs_no_means():
    assert finding("child", acts=["receipt"], purposes=["forced_labour"]) == "trafficking"
    assert finding("child", acts=["receipt"], means=[], purposes=["forced_labour"]) == "trafficking"


def test_an_age_that_is_not_known_is_a_childs_and_the_finding_says_what_an_adult_would_lack():
    found = DEFINITION.assess({"acts": ["receipt"], "purposes": ["forced_labour"]})

    assert found.finding == "trafficking"
    assert found.elements == {"act": "shown", "means": "not_required", "purpose": "shown"}
    assert "As a child. (art 3) Were the person assessed as an adult, means would be missing." in found.explanation
    assert found.basis is Basis.ASSUMED


def test_one_needed_element_that_was_looked_for_and_is_not_there_settles_it():
    assert finding(acts=["receipt"], means=[]) == "not_shown"
    assert finding(acts=[], means=["deception"], purposes=None) == "not_shown"


def test_of_nothing_known_nothing_is_said():
    found = DEFINITION.assess({})

    assert found.finding == "insufficient"
    assert found.missing == ("act", "purpose")
    assert DEFINITION.assess({"age": None, "acts": None, "indicators": None, "consent": None}).finding == "insufficient"


ANSWERS = st.sampled_from([None, [], ["given"]])


@given(st.sampled_from(["adult", "child", "unknown"]), ANSWERS, ANSWERS, ANSWERS, st.sampled_from([None, True, False]))
def test_consent_never_changes_a_finding(age, acts, means, purposes, consent):
    told = {
        "age": age,
        "acts": acts and ["receipt"],
        "means": means and ["deception"],
        "purposes": purposes and ["P1"],
    }
    with_it, without = DEFINITION.assess({**told, "consent": consent}), DEFINITION.assess(told)

    assert with_it.finding == without.finding
    assert with_it.elements == without.elements
    assert with_it.missing == without.missing


@given(st.sampled_from(["adult", "child", "unknown"]), ANSWERS, ANSWERS, ANSWERS, st.sets(st.sampled_from(SIGNS)))
def test_signs_never_change_a_finding(age, acts, means, purposes, signs):
    told = {
        "age": age,
        "acts": acts and ["receipt"],
        "means": means and ["deception"],
        "purposes": purposes and ["P1"],
    }
    codes = sorted(sign.code for sign in signs)
    with_them, without = DEFINITION.assess({**told, "indicators": codes}), DEFINITION.assess(told)

    assert with_them.finding == without.finding
    assert with_them.elements == without.elements


@given(ANSWERS, ANSWERS, ANSWERS)
def test_whatever_is_trafficking_of_an_adult_is_trafficking_of_whoever_may_be_a_child(acts, means, purposes):
    told = {"acts": acts and ["receipt"], "means": means and ["deception"], "purposes": purposes and ["P1"]}
    as_adult = DEFINITION.assess({**told, "age": "adult"})

    for age in ("child", "unknown"):
        if as_adult.finding == "trafficking":
            assert DEFINITION.assess({**told, "age": age}).finding == "trafficking"


def test_consent_is_explained_by_what_was_shown():
    means = DEFINITION.assess({"age": "adult", **WHOLE, "consent": True})
    child = DEFINITION.assess({"age": "child", "acts": ["receipt"], "consent": True})
    neither = DEFINITION.assess({"age": "adult", "acts": ["receipt"], "consent": False})

    assert "Irrelevant: means." in means.explanation
    assert "Irrelevant: child." in child.explanation
    assert "It changes nothing." in neither.explanation
    assert means.sources == ("art 1", "art 4")


def test_the_document_has_the_names_of_the_contract():
    said = DEFINITION.assess({"id": "r1", "age": "adult", **WHOLE, "indicators": ["S0", "M0"]}).as_dict()

    assert list(said) == ["id", "finding", "elements", "screening", "missing", "sources", "explanation"]
    assert said["elements"] == {"act": "shown", "means": "shown", "purpose": "shown"}
    assert said["screening"]["lure"]["result"] == "positive"
    assert said["sources"] == ["art 1", "signs"]


# What is told


def test_an_element_is_given_by_label_code_or_another_word_for_it():
    for word in ("use_of_force", "use of force", "M1", "force"):
        assert DEFINITION.assess({"means": [word]}).parts["means"] == ("use of force",)
    assert DEFINITION.assess({"means": ["M1", "force", "deception"]}).parts["means"] == ("use of force", "deception")


def test_every_problem_is_told_at_once():
    assert problems(
        age="Child", acts=["reciept", "deception", 3], means="force", purpose=[], consent="yes", indicators=["X9"]
    ) == [
        "age 'Child' is not a value of age (adult, child, unknown)",
        "acts: no element 'reciept'. Did you mean receipt?",
        "acts: 'deception' belongs to means. Put it under means",
        "acts: no element 3. Values: receipt, transfer",
        "means 'force' is not a list; write it in brackets, or give null where it is not known",
        "no field 'purpose'. Did you mean purposes?",
        "consent 'yes' is neither true nor false; give null where it is not known",
        "indicators: no indicator 'X9'. Codes are those of the pack's indicators",
    ]
    assert problems(id=7) == ["id 7 is not text; write it in quotes"]
    assert problems(age=["adult"]) == ["age ['adult'] is not a value of age (adult, child, unknown)"]
    assert problems(acts=[["receipt"]]) == ["acts: no element ['receipt']. Values: receipt, transfer"]


def test_a_refusal_names_the_values_allowed():
    with pytest.raises(FactsRefused) as refused:
        DEFINITION.assess({"means": ["farce"]})

    (problem,) = refused.value.problems
    assert (problem.field, problem.value, problem.allowed) == ("means", "farce", ("use_of_force", "deception"))
    assert problem.says == "means: no element 'farce'. Did you mean use_of_force?"


# Screening


def screening(*codes: str, age: str = "adult", dimension: str = "lure") -> dict[str, object]:
    return DEFINITION.assess({"age": age, "indicators": codes}).as_dict()["screening"][dimension]


@pytest.mark.parametrize(("strong", "medium", "weak"), list(product(range(4), repeat=3)))
def test_a_dimension_is_positive_by_the_rules_and_by_nothing_less(strong, medium, weak):
    codes = [f"{s}{n}" for s, count in (("S", strong), ("M", medium), ("W", weak)) for n in range(count)]
    expected = (
        strong >= 2
        or (strong == 1 and medium + weak >= 1)
        or medium >= 3
        or (medium == 2 and weak >= 1)
    )  # fmt: skip
    if codes:
        assert screening(*codes)["result"] == ("positive" if expected else "negative")


def test_a_dimension_without_a_sign_is_not_spoken_of():
    assert DEFINITION.assess({"age": "adult", "indicators": ["H1"]}).as_dict()["screening"].keys() == {"hold"}
    assert DEFINITION.assess({"age": "adult"}).as_dict()["screening"] == {}


def test_a_sign_that_nobody_has_checked_is_listed_and_never_scored():
    assert screening("U1", "S0") == {
        "result": "not_scored",
        "sets": {"grown": {"result": "negative", "rule": None, "strong": 1, "medium": 0, "weak": 0}},
        "unscored": ["U1"],
        "other_age": [],
    }
    assert screening("U1", "S0", "S1")["result"] == "positive"
    assert screening("U1")["result"] == "not_scored"


def test_a_sign_meant_for_another_age_is_listed_and_never_scored():
    assert screening("Y1", "Y2", "W0") == {
        "result": "negative",
        "sets": {"grown": {"result": "negative", "rule": None, "strong": 0, "medium": 0, "weak": 1}},
        "unscored": [],
        "other_age": ["Y1", "Y2"],
    }
    assert screening("Y1", "Y2", age="unknown")["result"] == "positive"


def test_signs_of_two_sets_are_never_counted_together():
    other = a_definition(
        sets=[*SETS, IndicatorSet("grown2", "Grown too", ("adult",))],
        indicators=[*SIGNS, a_sign("Z", "strong", set_="grown2")],
    )
    said = other.assess({"age": "adult", "indicators": ["S0", "Z"]}).as_dict()["screening"]["lure"]

    assert said["result"] == "negative"
    assert {name: one["strong"] for name, one in said["sets"].items()} == {"grown": 1, "grown2": 1}


def test_a_sign_given_twice_counts_once():
    assert screening("S0", "S0")["result"] == "negative"


# Faults


def faults_of(**changes: object) -> list[str]:
    parts = {"kinds": KINDS, "elements": ELEMENTS, "tests": TESTS, "indicators": SIGNS, "sets": SETS, "rules": RULES}
    return [f"{row}: {says}" for row, says in definition_faults(**{**parts, **changes})]


def test_a_sound_definition_has_no_fault():
    assert faults_of() == []


def test_every_fault_is_told_with_its_remedy():
    nothing = AgeTest("T9", "adult", (), "", Basis.ASSUMED, ())

    assert faults_of(tests=TESTS[:2]) == [": no test is for age 'unknown': what is left out is not known. Add one."]
    assert faults_of(
        tests=[nothing, *TESTS[1:2], AgeTest("T3", "unknown", ("acts",), "", Basis.STATED, ("x",), "T8")]
    ) == [
        "T9: it requires nothing, so everything would be trafficking. Name the elements.",
        "T9: it is assumed and does not say why. Add `why`.",
        "T9: it cites no paragraph. Add `cites`.",
        "T3: it requires 'acts'. Elements: act, means, purpose.",
        "T3: as_adult 'T8': there is no such test.",
    ]
    assert faults_of(elements=ELEMENTS[:4]) == [
        "purpose: no row of the elements is of this kind, so it can never be shown. Add one."
    ]
    assert faults_of(elements=[*ELEMENTS, Element("M3", "means", "violence", ("force",))]) == [
        "force: it is there twice. Keep one, or give the other a name of its own."
    ]
    assert faults_of(indicators=[a_sign("B", "big", set_="old")]) == [
        "B: its set is 'old'. Sets: grown, young.",
        "B: its strength is 'big'. Strengths: strong, medium, weak.",
    ]
    assert faults_of(rules=[ScreeningRule("N", "nothing", 0, 0, 0)]) == [
        "N: it asks for no sign, so every dimension would be positive. Give a number."
    ]
