"""Each move: what it does, what it tells, and who is refused it."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from palermo.domain.casework import Move
from palermo.domain.referral import FactsRefused
from palermo.web.audit.models import Entry
from palermo.web.cases import actions
from palermo.web.cases.actions import NoReferral, Overtaken, Refused, Seen
from palermo.web.cases.models import Case, Named, Offer
from palermo.web.intake.models import Clock, Event, FactVersion, Ownership, Referral
from web.cases.casebook import (
    OF_A_BOROUGH,
    OF_PALADIN,
    OF_SCD9,
    a_referral,
    accepted,
    case_of,
    escalated,
    open_offer,
    owner_of,
    running,
    seen,
    told,
)

pytestmark = pytest.mark.django_db


def latest(referral: Referral) -> FactVersion:
    return FactVersion.objects.filter(referral=referral).latest("version")


# Receipt


def test_a_case_is_made_with_each_referral(accounts):
    referral = a_referral(by=accounts["partner"])

    assert (case_of(referral).state, case_of(referral).version) == ("received", 1)


def test_a_referral_kept_by_any_other_way_has_a_case_as_well(accounts):
    referral = a_referral(by=accounts["partner"])
    with transaction.atomic():
        copy = Referral.objects.create(
            submission_key="copy", channel="api", received_at=referral.received_at, referring_body="Harbour Project"
        )
        assert Case.objects.filter(referral=copy, state="received").exists()
        transaction.set_rollback(True)


# Adding to the record


def test_the_owner_adds_to_the_record_and_nothing_moves(accounts):
    referral = a_referral(by=accounts["partner"])
    before = seen(referral)

    with actions.recording(accounts["borough"], referral.reference) as hand:
        assert hand.case.referral == referral

    assert seen(referral) == before


def test_who_cannot_see_it_finds_nothing_to_add_to_and_who_sees_it_is_told_why_not(accounts):
    referral = a_referral(by=accounts["partner"])

    with pytest.raises(NoReferral), actions.recording(accounts["paladin"], referral.reference):
        pass
    with pytest.raises(Refused, match="only officers"), actions.recording(accounts["auditor"], referral.reference):
        pass


# Accepting and allocating


def test_accepting_stops_the_clock_of_acceptance_and_no_other(accounts):
    referral = a_referral(by=accounts["partner"])
    before = running(referral)

    actions.accept(accounts["borough"], referral.reference, seen(referral))

    assert case_of(referral).state == "accepted"
    assert before - running(referral) == {"acceptance"}
    assert Clock.objects.get(referral=referral, clock="acceptance").ended_because == "accepted"
    assert told(referral) == ["received", "decided", "accepted"]


def test_every_move_leaves_its_audit_entry_with_no_text_of_the_record(accounts):
    referral = accepted(accounts["borough"])

    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "the address is in another borough")

    entry = Entry.objects.filter(duty="alteration").latest("pk")
    assert (entry.action, entry.subject) == ("referral_hand_back", f"referral:{referral.reference}")
    assert entry.actor == accounts["borough"].audit_name
    assert "address" not in str(entry.detail)


def test_a_supervisor_allocates_to_somebody_of_the_unit(accounts):
    referral = accepted(accounts["borough"])

    actions.allocate(
        accounts["borough-supervisor"], referral.reference, seen(referral), accounts["borough"].pk, "knows the family"
    )

    assert (case_of(referral).state, case_of(referral).officer) == ("allocated", accounts["borough"])
    assert Event.objects.filter(referral=referral).latest("pk").reason == "knows the family"


def test_nobody_of_another_unit_is_given_the_referral(accounts):
    referral = accepted(accounts["borough"])

    with pytest.raises(Refused, match="does not work for Territorial Policing, Newham"):
        actions.allocate(accounts["borough-supervisor"], referral.reference, seen(referral), accounts["officer"].pk, "")

    assert case_of(referral).state == "accepted"


def test_an_officer_takes_a_referral_on_once(accounts):
    referral = accepted(accounts["borough"])
    actions.take(accounts["borough"], referral.reference, seen(referral))

    assert case_of(referral).officer == accounts["borough"]
    with pytest.raises(Refused, match="already"):
        actions.take(accounts["borough"], referral.reference, seen(referral))


# Handing back


def test_a_referral_handed_back_is_still_owned_and_goes_to_be_settled(accounts):
    referral = accepted(accounts["borough"])

    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "not ours")

    assert case_of(referral).state == "handed_back"
    assert owner_of(referral) == ("TP", "Newham")
    assert (open_offer(referral).kind, open_offer(referral).to_unit) == ("hand_back", "")


def test_a_hand_back_refused_leads_back_to_where_the_work_was(accounts):
    referral = a_referral(by=accounts["partner"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "not ours")
    assert "acceptance" not in running(referral)

    actions.keep_with_owner(accounts["borough-supervisor"], referral.reference, seen(referral), "it is ours")

    assert case_of(referral).state == "received"
    assert open_offer(referral) is None
    assert "acceptance" in running(referral)


def test_a_hand_back_settled_on_another_unit_passes_on_when_that_unit_accepts(accounts):
    referral = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "not ours")

    actions.name_another_owner(accounts["commander"], referral.reference, seen(referral), ("SCD9", ""), "it is theirs")
    assert (case_of(referral).state, owner_of(referral)) == ("offered", ("TP", "Newham"))
    actions.accept_offer(accounts["officer"], referral.reference, seen(referral))

    assert (case_of(referral).state, owner_of(referral)) == ("accepted", ("SCD9", ""))
    assert Ownership.objects.get(referral=referral, period__endswith__isnull=True).how == "hand_back"
    assert latest(referral).version == 1
    assert [offer.answer for offer in Offer.objects.order_by("pk")] == ["accepted", "accepted"]


def test_a_hand_back_that_the_named_unit_refuses_is_to_be_settled_again(accounts):
    referral = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "not ours")
    actions.name_another_owner(accounts["commander"], referral.reference, seen(referral), ("SCD9", ""), "theirs")

    actions.refuse_offer(accounts["officer"], referral.reference, seen(referral), "nor ours")
    assert case_of(referral).state == "handed_back"
    actions.keep_with_owner(accounts["commander"], referral.reference, seen(referral), "then it stays")

    assert (case_of(referral).state, owner_of(referral)) == ("accepted", ("TP", "Newham"))


@pytest.mark.parametrize("to", [("TP", "Newham"), ("CO14", ""), ("TP", ""), ("NOBODY", "")])
def test_a_hand_back_is_not_settled_on_the_owner_or_on_a_unit_that_cannot_own(accounts, to):
    referral = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "not ours")

    with pytest.raises(Refused, match="not another unit"):
        actions.name_another_owner(accounts["commander"], referral.reference, seen(referral), to, "theirs")

    assert case_of(referral).state == "handed_back"


# Correcting a fact


def test_a_corrected_fact_that_names_another_owner_is_an_offer_to_it(accounts):
    referral = accepted(accounts["borough"])

    event = actions.correct(
        accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "a second woman came forward"
    )

    offer = open_offer(referral)
    assert (offer.kind, offer.to_unit, offer.state_before) == ("escalation", "SCD9", "accepted")
    assert (case_of(referral).state, owner_of(referral)) == ("offered", ("TP", "Newham"))
    assert (latest(referral).version, latest(referral).decision.owner) == (2, "SCD9")
    assert "escalation_answer" in running(referral)
    assert event.says == ("The remit gives it to SCD9 now. Territorial Policing, Newham owns it until SCD9 accepts it.")
    assert told(referral)[-3:] == ["corrected", "decided", "remit_answered"]
    corrected = Event.objects.get(referral=referral, kind="corrected")
    assert corrected.says == "Number of potential victims: more than one. Before: one."
    assert corrected.reason == "a second woman came forward"


def test_a_corrected_fact_that_changes_no_owner_says_so(accounts):
    referral = accepted(accounts["officer"], OF_SCD9)

    event = actions.correct(
        accounts["officer"], referral.reference, seen(referral), "reach", "international", "a border was crossed"
    )

    assert event.says == "The owner does not change: it stays with SCD9."
    assert (case_of(referral).state, open_offer(referral)) == ("accepted", None)
    assert latest(referral).decision.nim_level == 3


def test_the_remit_of_today_decides_a_corrected_fact(accounts):
    early = datetime(2010, 3, 1, 12, tzinfo=UTC)
    referral = a_referral({**OF_SCD9, "exploitation": "labour"}, by=accounts["partner"], received_at=early)
    assert owner_of(referral) == ("HTT", "")
    borough = accepted(accounts["borough"], received_at=early)

    actions.correct(accounts["borough"], borough.reference, seen(borough), "victims", "multiple", "a second person")

    assert open_offer(borough).to_unit == "SCD9"
    assert str(latest(borough).decision.day) == "2010-06-30"


def test_a_value_that_the_pack_does_not_know_is_refused(accounts):
    referral = accepted(accounts["borough"])

    with pytest.raises(FactsRefused):
        actions.correct(accounts["borough"], referral.reference, seen(referral), "age", "Child", "she says so")

    assert latest(referral).version == 1


@pytest.mark.parametrize("name", ["escalation", "olympic", "nothing"])
def test_facts_that_follow_from_others_or_from_moves_are_not_corrected_by_hand(accounts, name):
    referral = accepted(accounts["borough"])

    with pytest.raises(Refused, match="by hand"):
        actions.correct(accounts["borough"], referral.reference, seen(referral), name, "yes", "it is so")


def test_the_same_value_again_is_no_correction(accounts):
    referral = accepted(accounts["borough"])

    with pytest.raises(Refused, match="already"):
        actions.correct(accounts["borough"], referral.reference, seen(referral), "age", "adult", "still so")


def test_a_fact_corrected_back_withdraws_the_offer(accounts):
    referral = accepted(accounts["borough"])
    actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "a second person")

    event = actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "one", "a mistake")

    assert "withdrawn" in event.says
    assert (case_of(referral).state, open_offer(referral)) == ("accepted", None)
    assert "escalation_answer" not in running(referral)


def test_a_fact_that_names_a_third_unit_moves_the_offer_there(accounts):
    referral = accepted(accounts["borough"])
    actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "a second person")

    actions.correct(accounts["borough"], referral.reference, seen(referral), "age", "child", "she is sixteen")

    assert open_offer(referral).to_unit == "SCD5-PALADIN"
    assert open_offer(referral).state_before == "accepted"
    assert [offer.answer for offer in Offer.objects.order_by("pk")] == ["withdrawn", ""]


def test_a_fact_that_changes_nothing_of_an_offer_lets_it_stand(accounts):
    referral = accepted(accounts["borough"])
    actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "a second person")

    event = actions.correct(accounts["borough"], referral.reference, seen(referral), "reach", "national", "Leeds")

    assert event.says == "It stays offered to SCD9."
    assert Offer.objects.count() == 1


def test_a_correction_settles_a_hand_back_by_an_offer_to_the_unit_that_the_remit_names(accounts):
    referral = accepted(accounts["borough"])
    actions.hand_back(accounts["borough"], referral.reference, seen(referral), "more than one victim")

    actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "two of them")

    assert (case_of(referral).state, open_offer(referral).to_unit) == ("offered", "SCD9")
    assert open_offer(referral).state_before == "accepted"


def test_clocks_of_a_child_start_with_the_correction_and_none_gets_longer(accounts):
    referral = accepted(accounts["borough"])
    before = Clock.objects.get(referral=referral, clock="duty_to_investigate").due_at

    actions.correct(accounts["borough"], referral.reference, seen(referral), "age", "child", "she is sixteen")

    assert {"child_safety", "safeguarding"} <= running(referral)
    assert "acceptance" not in running(referral)
    assert Clock.objects.get(referral=referral, clock="duty_to_investigate", met_at=None).due_at < before


def test_clocks_that_are_not_due_any_more_end_with_the_correction(accounts):
    referral = accepted(accounts["paladin"], OF_PALADIN)
    assert "child_safety" in running(referral)

    actions.correct(accounts["paladin"], referral.reference, seen(referral), "age", "adult", "her passport")

    assert not {"child_safety", "safeguarding"} & running(referral)
    ended = Clock.objects.get(referral=referral, clock="child_safety")
    assert ended.ended_because == "a fact was corrected: not due any more"


def test_the_officer_who_finds_the_borough_has_the_referral_for_it(accounts):
    referral = accepted(accounts["borough"], {**OF_A_BOROUGH, "borough": None})
    assert owner_of(referral) == ("TP", "")

    actions.correct(accounts["borough"], referral.reference, seen(referral), "borough", "Newham", "the address")

    assert owner_of(referral) == ("TP", "Newham")
    assert (case_of(referral).state, open_offer(referral)) == ("accepted", None)


def test_a_borough_found_to_be_another_is_an_offer_to_that_borough(accounts):
    referral = accepted(accounts["borough"], {**OF_A_BOROUGH, "borough": None})

    actions.correct(accounts["borough"], referral.reference, seen(referral), "borough", "Hackney", "the address")

    assert owner_of(referral) == ("TP", "")
    assert (open_offer(referral).to_unit, open_offer(referral).to_borough) == ("TP", "Hackney")
    with pytest.raises(Refused):
        actions.accept_offer(accounts["borough"], referral.reference, seen(referral))


def test_a_borough_no_longer_known_moves_nothing(accounts):
    referral = accepted(accounts["borough"])

    event = actions.correct(accounts["borough"], referral.reference, seen(referral), "borough", None, "wrong address")

    assert "does not change" in event.says
    assert owner_of(referral) == ("TP", "Newham")


# Escalation and its answer


def test_escalation_is_offered_to_the_unit_that_would_own_it(accounts):
    referral = escalated(accounts["borough"])

    assert latest(referral).facts["escalation"] == "requested"
    assert (open_offer(referral).to_unit, owner_of(referral)) == ("SCD9", ("TP", "Newham"))
    assert "escalation_answer" in running(referral)


def test_escalation_that_would_lead_nowhere_is_refused_with_what_to_do(accounts):
    referral = accepted(accounts["officer"], OF_SCD9)

    with pytest.raises(Refused, match=r"nobody to ask.*correct a fact or hand it back"):
        actions.escalate(accounts["officer"], referral.reference, seen(referral), "too large")

    assert latest(referral).version == 1


def test_an_accepted_escalation_passes_the_referral_on_and_is_decided_anew(accounts):
    referral = escalated(accounts["borough"])
    before = Ownership.objects.get(referral=referral)

    actions.accept_offer(accounts["officer"], referral.reference, seen(referral), "we have the capacity")

    case, present = case_of(referral), Ownership.objects.get(referral=referral, period__endswith__isnull=True)
    before.refresh_from_db()
    assert (case.state, case.officer) == ("accepted", None)
    assert (present.unit, present.how, present.decision) == ("SCD9", "escalation", latest(referral).decision)
    assert before.period.upper == present.period.lower
    assert latest(referral).facts["escalation"] == "accepted"
    assert latest(referral).decision.rule == "A6"
    assert "escalation_answer" not in running(referral)


def test_the_officer_of_before_is_not_the_new_owners(accounts):
    referral = accepted(accounts["borough"])
    actions.take(accounts["borough"], referral.reference, seen(referral))
    actions.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")

    actions.accept_offer(accounts["officer"], referral.reference, seen(referral))

    assert (case_of(referral).state, case_of(referral).officer) == ("accepted", None)


def test_passing_a_referral_on_wins_nobody_time(accounts):
    referral = accepted(accounts["borough"])
    before = Clock.objects.get(referral=referral, clock="duty_to_investigate")
    actions.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")

    actions.accept_offer(accounts["officer"], referral.reference, seen(referral))

    assert Clock.objects.get(referral=referral, clock="duty_to_investigate") == before
    assert Clock.objects.get(pk=before.pk).due_at == before.due_at


def test_what_is_done_is_not_due_again_with_the_new_owner(accounts):
    referral = accepted(accounts["borough"])
    due = Clock.objects.get(referral=referral, clock="first_assessment")
    actions.finish(accounts["borough"], referral.reference, seen(referral), due.pk, "seen at home")
    actions.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")

    actions.accept_offer(accounts["officer"], referral.reference, seen(referral))

    assert running(referral) == {"duty_to_investigate"}


def test_a_refused_escalation_leads_back_and_is_told_to_who_asked(accounts):
    referral = accepted(accounts["borough"])
    actions.take(accounts["borough"], referral.reference, seen(referral))
    actions.escalate(accounts["borough"], referral.reference, seen(referral), "beyond the borough")

    actions.refuse_offer(accounts["officer"], referral.reference, seen(referral), "one address, one victim")

    case = case_of(referral)
    assert (case.state, case.officer, owner_of(referral)) == ("allocated", accounts["borough"], ("TP", "Newham"))
    assert latest(referral).facts["escalation"] == "none"
    refusal = Event.objects.get(referral=referral, kind="offer_refused")
    assert refusal.says == "SCD9 refused it: Territorial Policing, Newham keeps it."
    assert refusal.reason == "one address, one victim"
    actions.escalate(accounts["borough"], referral.reference, seen(referral), "a second address now")
    assert open_offer(referral).to_unit == "SCD9"


def test_an_offer_is_accepted_once(accounts):
    referral = escalated(accounts["borough"])
    then = seen(referral)
    actions.accept_offer(accounts["officer"], referral.reference, then)

    with pytest.raises(Overtaken):
        actions.accept_offer(accounts["supervisor"], referral.reference, then)
    with pytest.raises(Refused):
        actions.accept_offer(accounts["supervisor"], referral.reference, seen(referral))

    assert Ownership.objects.filter(referral=referral).count() == 2


def test_a_second_open_offer_is_refused_by_the_database(accounts):
    offer = open_offer(escalated(accounts["borough"]))
    offer.pk = None

    with pytest.raises(IntegrityError, match="one_open_offer"), transaction.atomic():
        offer.save()


# Clocks and names


def test_what_is_due_is_recorded_as_done(accounts):
    referral = accepted(accounts["borough"])
    due = Clock.objects.get(referral=referral, clock="first_assessment")

    event = actions.finish(accounts["borough"], referral.reference, seen(referral), due.pk, "seen at home")

    due.refresh_from_db()
    assert (due.ended_because, event.says, event.reason) == ("done", "Done: First assessment.", "seen at home")
    with pytest.raises(Refused, match="does not run"):
        actions.finish(accounts["borough"], referral.reference, seen(referral), due.pk, "again")


def test_acceptance_is_not_ticked_off_as_done(accounts):
    referral = a_referral(by=accounts["partner"])
    clock = Clock.objects.get(referral=referral, clock="acceptance")

    with pytest.raises(Refused):
        actions.finish(accounts["borough"], referral.reference, seen(referral), clock.pk, "done")


def test_a_named_person_opens_a_restricted_referral_and_is_named_once(accounts):
    referral = a_referral(by=accounts["partner"], restricted=True)
    with pytest.raises(NoReferral):
        actions.accept(accounts["borough"], referral.reference, seen(referral))

    supervisor = accounts["borough-supervisor"]
    actions.name_person(supervisor, referral.reference, seen(referral), accounts["borough"].pk, "she knows them")
    actions.accept(accounts["borough"], referral.reference, seen(referral))

    assert Named.objects.count() == 1
    with pytest.raises(Refused):
        actions.name_person(supervisor, referral.reference, seen(referral), accounts["borough"].pk, "again")


# Who is refused


MOVES = {
    "accept": (lambda u, r, s: actions.accept(u, r, s), "received"),
    "take": (lambda u, r, s: actions.take(u, r, s), "accepted"),
    "hand back": (lambda u, r, s: actions.hand_back(u, r, s, "why"), "accepted"),
    "correct": (lambda u, r, s: actions.correct(u, r, s, "reach", "national", "why"), "accepted"),
    "escalate": (lambda u, r, s: actions.escalate(u, r, s, "why"), "accepted"),
    "answer": (lambda u, r, s: actions.accept_offer(u, r, s), "offered"),
    "settle": (lambda u, r, s: actions.keep_with_owner(u, r, s, "why"), "handed back"),
}
OWNERS = {"borough", "borough-supervisor"}
ALLOWED = {
    **dict.fromkeys(("accept", "take", "hand back", "correct", "escalate"), OWNERS),
    "answer": {"officer", "supervisor"},
    "settle": {"borough-supervisor", "commander"},
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize(
    "who",
    [
        "partner",
        "borough",
        "borough-supervisor",
        "officer",
        "supervisor",
        "paladin",
        "analyst",
        "commander",
        "auditor",
        "administrator",
    ],
)
def test_a_move_is_open_to_its_people_and_changes_nothing_for_others(accounts, name, who):
    make, state = MOVES[name]
    referral = a_referral(by=accounts["partner"])
    if state != "received":
        actions.accept(accounts["borough"], referral.reference, seen(referral))
    if state == "offered":
        actions.escalate(accounts["borough"], referral.reference, seen(referral), "why")
    if state == "handed back":
        actions.hand_back(accounts["borough"], referral.reference, seen(referral), "why")
    before = seen(referral)

    if who in ALLOWED[name]:
        make(accounts[who], referral.reference, before)
        assert seen(referral).version == before.version + 1
    else:
        with pytest.raises((NoReferral, Refused)):
            make(accounts[who], referral.reference, before)
        assert seen(referral) == before


def test_another_boroughs_officer_does_not_even_learn_that_it_is_there(accounts):
    referral = a_referral({**OF_A_BOROUGH, "borough": "Hackney"}, by=accounts["partner"])

    with pytest.raises(NoReferral):
        actions.accept(accounts["borough"], referral.reference, seen(referral))


def test_a_move_in_the_wrong_state_says_what_is_possible(accounts):
    referral = escalated(accounts["borough"])

    with pytest.raises(Refused, match=r"offered to another unit\. What can be done with it now: answer the offer"):
        actions.hand_back(accounts["borough"], referral.reference, seen(referral), "why")


def test_a_move_on_what_was_not_seen_is_overtaken_and_says_by_what(accounts):
    referral = a_referral(by=accounts["partner"])
    then = seen(referral)
    actions.accept(accounts["borough"], referral.reference, then)

    with pytest.raises(Overtaken) as overtaken:
        actions.hand_back(accounts["borough-supervisor"], referral.reference, then, "not ours")

    assert [event.kind for event in overtaken.value.since] == ["accepted"]
    assert case_of(referral).state == "accepted"


def test_a_version_that_never_was_is_overtaken(accounts):
    referral = a_referral(by=accounts["partner"])

    with pytest.raises(Overtaken):
        actions.accept(accounts["borough"], referral.reference, Seen(99, 0))


def test_a_failure_half_way_undoes_the_whole_move(accounts, monkeypatch):
    referral = accepted(accounts["borough"])
    before = (seen(referral), latest(referral).version, running(referral))

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(actions, "record", fail)
    with pytest.raises(RuntimeError):
        actions.correct(accounts["borough"], referral.reference, seen(referral), "victims", "multiple", "two")

    assert (seen(referral), latest(referral).version, running(referral)) == before


def test_moves_have_a_page_each():
    for move in Move:
        extra = {Move.CORRECT: ["age"], Move.FINISH: [1], Move.PAUSE: [1], Move.RESTART: [1]}.get(move, [])
        assert reverse(f"cases:{move.value}", args=["PAL-AAAA-AAAA", *extra])
