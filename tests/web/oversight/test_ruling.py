from datetime import date

import numpy as np
import pytest
from django.urls import reverse

from palermo.domain.remit.proposal import Proposal
from palermo.web import policy
from palermo.web.oversight import ruling
from palermo.web.oversight.counting import EXACT, count_referrals

from .conftest import ADULT_IN_THE_SEX_TRADE, CHILD


@pytest.fixture
def standings_of(db):
    """How a rule stands, span by span; of several versions, the first."""

    def of(id_):
        pack = policy.pack()
        rule = next(rule for rule in pack.remit.rules if rule.id == id_)
        return rule, ruling.standings(pack, rule, count_referrals(pack.vocabulary), EXACT)

    return of


def test_what_a_rule_decides_is_what_the_table_says(standings_of):
    remit = policy.pack().remit
    for id_ in ("C1", "B9", "A3", "D1"):
        rule, found = standings_of(id_)
        expected = [int((i.winners == remit.rules.index(rule)).sum()) for i in remit.intervals if rule in i.rules]
        assert [standing.profiles for standing in found] == expected


def test_a_rule_beats_where_the_other_one_is_beaten(standings_of):
    rule, (spring, *_) = standings_of("C3")

    for meeting in spring.beats:
        _, (theirs, *_) = standings_of(meeting.other.id)
        assert [(m.other.id, m.profiles) for m in theirs.beaten if m.other.id == rule.id] == [("C3", meeting.profiles)]


def test_the_heirs_of_a_rule_are_the_engines(standings_of):
    remit = policy.pack().remit
    rule, found = standings_of("C4")
    day = date(2010, 10, 1)
    after = remit.with_proposal(Proposal(day, end=("C4",))).on(day).winners
    mine = remit.on(day).winners == remit.rules.index(rule)

    expected = {}
    for number in after[mine].tolist():
        expected[remit.rules[number].owner] = expected.get(remit.rules[number].owner, 0) + 1
    assert {heir.owner: heir.profiles for heir in found[-1].heirs} == expected


def test_without_the_only_rule_nobody_owns_it(standings_of):
    _, found = standings_of("F1")

    assert [(heir.owner, heir.rules) for heir in found[0].heirs] == [("Nobody", ())]


def test_each_lead_is_a_change_that_the_explanation_of_a_decision_tells_too(standings_of):
    pack = policy.pack()
    _, (_, since_april, *_) = standings_of("C1")
    lead = next(lead for lead in since_april.leads if lead.says == f"If {pack.vocabulary.by_name['age'].says('child')}")

    decision = pack.decide(pack.read_facts(ADULT_IN_THE_SEX_TRADE), on=date(2010, 6, 1))
    assert decision.owner in dict(lead.giving)
    assert ("age", "C1") in {(change.field, change.rule) for change in decision.otherwise()}


def test_a_lead_counts_each_combination_from_which_the_change_leads_here(standings_of):
    vocabulary = policy.pack().vocabulary
    remit = policy.pack().remit
    rule, (_, since_april, *_) = standings_of("C1")
    interval = remit.on(date(2010, 6, 1))
    place, child = vocabulary.place["age"], vocabulary.by_name["age"].values.index("child")
    winners = interval.winners.reshape(vocabulary.sizes)
    expected = 0
    for index in np.ndindex(*vocabulary.sizes[:4]):
        if index[place] == child:
            continue
        changed = tuple(child if axis == place else n for axis, n in enumerate(index))
        here, there = winners[index].ravel(), winners[changed].ravel()
        expected += sum(
            remit.rules[now].owner != rule.owner
            for now, then in zip(here.tolist(), there.tolist(), strict=True)
            if remit.rules[then] is rule
        )
    says = f"If {vocabulary.by_name['age'].says('child')}"
    assert sum(n for lead in since_april.leads if lead.says == says for _, n in lead.giving) == expected


def test_an_auditor_reads_how_many_and_which_and_the_reading_is_noted(words_of, received):
    from palermo.web.audit.models import Entry

    made = received(3, CHILD)
    page = words_of("auditor", "rule", "C1")

    assert "Referrals: 3" in page
    for referral in made:
        assert referral.reference in page
    entry = Entry.objects.latest("pk")
    assert entry.action == "rule_referrals_listed"


def test_others_read_a_protected_number_and_no_reference(words_of, received):
    made = received(3, CHILD)

    for username in ("analyst", "administrator", "officer"):
        page = words_of(username, "rule", "C1")
        assert "Referrals: fewer than 5" in page
        assert not any(referral.reference in page for referral in made)


def test_an_officer_reads_the_references_of_their_own_queue_but_for_restricted_ones(words_of, received):
    (own,) = received(1, CHILD)
    (restricted,) = received(1, CHILD, restricted=True)
    page = words_of("paladin", "rule", "C1")

    assert own.reference in page
    assert restricted.reference not in page


def test_each_version_of_a_rule_has_its_own_number(words_of, received):
    received(2, {"matter": "prostitution", "borough": "Camden"})
    page = words_of("auditor", "rule", "D1")

    assert "Referrals: 0" in page
    assert "Referrals: 2" in page


def test_the_same_number_of_queries_for_few_referrals_and_for_many(
    client, accounts, received, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(accounts["auditor"])
    received(1, CHILD)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("oversight:rule", args=["C1"]))
    received(5, CHILD)
    with django_assert_num_queries(len(few)):
        client.get(reverse("oversight:rule", args=["C1"]))
