"""Who may see and do what: a table of the allowed beside the refused."""

from dataclasses import replace

import pytest

from palermo.domain.access import Act, Custody, Role, Viewer, may, may_open_in_emergency, owns

OFFICER = Viewer(1, Role.OFFICER, unit="unit-a")
SUPERVISOR = Viewer(2, Role.SUPERVISOR, unit="unit-a")
OTHER = Viewer(3, Role.OFFICER, unit="unit-b")
OTHER_SUPERVISOR = Viewer(4, Role.SUPERVISOR, unit="unit-b")
COMMANDER = Viewer(5, Role.COMMANDER, unit="all")
AUDITOR = Viewer(6, Role.AUDITOR)
ANALYST = Viewer(7, Role.ANALYST, unit="unit-a")
ADMINISTRATOR = Viewer(8, Role.ADMINISTRATOR)
PARTNER = Viewer(9, Role.PARTNER, body="Harbour Project")
EVERYONE = (OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR, ANALYST, ADMINISTRATOR, PARTNER)

PLAIN = Custody(owner="unit-a", sent_by_account=9, sent_by_body="Harbour Project")
OFFERED = Custody(owner="unit-a", offered_to="unit-b")
SUPPORTED = Custody(owner="unit-a", supporting=frozenset({"unit-b"}))
ASKED = Custody(owner="unit-a", asked=frozenset({"unit-b"}))
DISPUTED = Custody(owner="unit-a", offered_to="unit-b", restricted=True, disputed=True)
GIVING = Custody(owner="unit-a", supporting=frozenset({"unit-b"}), given=frozenset({"unit-b"}))
RESTRICTED = Custody(owner="unit-a", restricted=True)


def allowed(act: Act, custody: Custody) -> set[Viewer]:
    return {viewer for viewer in EVERYONE if may(viewer, act, custody)}


@pytest.mark.parametrize(
    ("act", "custody", "who"),
    [
        (Act.SEE, PLAIN, {OFFICER, SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.SEE, OFFERED, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.SEE, SUPPORTED, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.SEE_STATUS, PLAIN, {OFFICER, SUPERVISOR, COMMANDER, AUDITOR, PARTNER}),
        (Act.ACCEPT, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.TAKE, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.HAND_BACK, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.CORRECT, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.ESCALATE, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.FINISH, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.ALLOCATE, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.SETTLE, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.ASSESS, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.INVESTIGATE, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.PAUSE, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.RESUME, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.SUSPEND, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.CLOSE, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.REOPEN, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.DISCLOSE, PLAIN, {SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.DISCLOSE, RESTRICTED, {SUPERVISOR, AUDITOR}),
        (Act.DISPUTE, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.DISPUTE, OFFERED, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR}),
        (Act.ARBITRATE, PLAIN, {COMMANDER}),
        (Act.ARBITRATE, DISPUTED, {COMMANDER}),
        (Act.SEE, DISPUTED, {SUPERVISOR, OTHER_SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.NAME, PLAIN, set()),
        (Act.NAME, RESTRICTED, {SUPERVISOR}),
        (Act.ANSWER_OFFER, PLAIN, set()),
        (Act.ANSWER_OFFER, OFFERED, {OTHER, OTHER_SUPERVISOR}),
        (Act.ACCEPT, OFFERED, {OFFICER, SUPERVISOR}),
        (Act.CORRECT, SUPPORTED, {OFFICER, SUPERVISOR}),
        (Act.SEE, ASKED, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.RECORD, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.RECORD, SUPPORTED, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR}),
        (Act.RECORD, ASKED, {OFFICER, SUPERVISOR}),
        (Act.DECIDE, PLAIN, {OFFICER, SUPERVISOR, COMMANDER}),
        (Act.ASK_SUPPORT, PLAIN, {OFFICER, SUPERVISOR}),
        (Act.ANSWER_SUPPORT, PLAIN, set()),
        (Act.ANSWER_SUPPORT, ASKED, {OTHER, OTHER_SUPERVISOR}),
        # whom the remit suggests has not been asked for anything
        (Act.ANSWER_SUPPORT, SUPPORTED, set()),
        (Act.ANSWER_SUPPORT, GIVING, {OTHER, OTHER_SUPERVISOR}),
        (Act.SEE, GIVING, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}),
        (Act.RECORD, GIVING, {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR}),
        (Act.ARBITRATE, PLAIN, {COMMANDER}),
        (Act.JUDGE, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.JUDGE, SUPPORTED, {SUPERVISOR, COMMANDER}),
        (Act.ANSWER_BREACH, PLAIN, {SUPERVISOR, COMMANDER}),
        (Act.ANSWER_BREACH, OFFERED, {SUPERVISOR, OTHER_SUPERVISOR, COMMANDER}),
        (Act.ANSWER_BREACH, SUPPORTED, {SUPERVISOR, COMMANDER}),
        (Act.ANSWER_BREACH, ASKED, {SUPERVISOR, OTHER_SUPERVISOR, COMMANDER}),
        (Act.ANSWER_BREACH, RESTRICTED, {SUPERVISOR}),
    ],
)
def test_who_may(act, custody, who):
    assert allowed(act, custody) == who


def test_every_answer_has_its_reason():
    for act in Act:
        for custody in (PLAIN, OFFERED, SUPPORTED, RESTRICTED):
            for viewer in EVERYONE:
                assert may(viewer, act, custody).because


def test_nobody_does_anything_with_what_they_may_not_see():
    for custody in (PLAIN, OFFERED, SUPPORTED, RESTRICTED):
        for act in set(Act) - {Act.SEE, Act.SEE_STATUS}:
            assert allowed(act, custody) <= allowed(Act.SEE, custody)


def test_the_auditor_sees_everything_takes_out_the_file_of_it_and_does_nothing_else():
    for custody in (PLAIN, RESTRICTED):
        assert {act for act in Act if may(AUDITOR, act, custody)} == {Act.SEE, Act.SEE_STATUS, Act.DISCLOSE}


# Restricted


def test_a_restricted_referral_is_open_to_named_people_alone_and_to_who_supervises_it():
    assert allowed(Act.SEE, RESTRICTED) == {SUPERVISOR, AUDITOR}
    assert allowed(Act.SEE, Custody(owner="unit-a", restricted=True, involved=frozenset({OTHER.id}))) == {
        SUPERVISOR,
        AUDITOR,
        OTHER,
    }


def test_the_officer_who_has_a_restricted_referral_opens_it_while_their_unit_owns_it():
    assert may(OFFICER, Act.SEE, Custody(owner="unit-a", officer=OFFICER.id, restricted=True))
    assert not may(OFFICER, Act.SEE, Custody(owner="unit-b", officer=OFFICER.id, restricted=True))


def test_a_restricted_offer_is_answered_by_a_supervisor():
    custody = Custody(owner="unit-a", offered_to="unit-b", restricted=True)
    assert allowed(Act.ANSWER_OFFER, custody) == {OTHER_SUPERVISOR}


def test_what_the_remit_suggests_as_support_does_not_open_a_restricted_referral():
    custody = Custody(owner="unit-a", supporting=frozenset({"unit-b"}), restricted=True)
    assert not may(OTHER, Act.SEE, custody)
    assert not may(OTHER_SUPERVISOR, Act.SEE, custody)


@pytest.mark.parametrize("how", ["asked", "given"])
def test_a_restricted_referral_is_open_to_who_supervises_a_unit_that_is_asked_for_support_or_gives_it(how):
    custody = Custody(owner="unit-a", restricted=True, **{how: frozenset({"unit-b"})})
    assert allowed(Act.SEE, custody) == {SUPERVISOR, OTHER_SUPERVISOR, AUDITOR}
    assert allowed(Act.ANSWER_SUPPORT, custody) == {OTHER_SUPERVISOR}
    assert allowed(Act.ASK_SUPPORT, custody) == {SUPERVISOR}


def test_a_restricted_referral_is_open_to_the_commander_while_units_dispute_about_it():
    assert may(COMMANDER, Act.ARBITRATE, Custody(owner="unit-a", restricted=True, disputed=True))
    assert not may(COMMANDER, Act.ARBITRATE, RESTRICTED)


def test_the_commander_sees_a_restricted_referral_only_where_nobody_supervises_it():
    assert not may(COMMANDER, Act.SEE, RESTRICTED)
    assert may(COMMANDER, Act.SEE, Custody(owner="unit-a", restricted=True, supervised=False))


def test_naming_opens_nothing_to_roles_that_see_no_records():
    everyone = frozenset(viewer.id for viewer in EVERYONE)
    custody = Custody(owner="unit-a", restricted=True, involved=everyone)
    assert allowed(Act.SEE, custody) == {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}


# In an emergency


def test_whoever_opened_it_in_an_emergency_sees_it_and_does_no_more_with_it_than_before():
    everyone = frozenset(viewer.id for viewer in EVERYONE)
    for custody in (Custody(owner="unit-a"), Custody(owner="unit-a", restricted=True)):
        opened = replace(custody, opened=everyone)
        assert allowed(Act.SEE, opened) == {OFFICER, SUPERVISOR, OTHER, OTHER_SUPERVISOR, COMMANDER, AUDITOR}
        for act in set(Act) - {Act.SEE, Act.SEE_STATUS}:
            assert allowed(act, opened) == allowed(act, custody)


def test_those_who_never_open_referrals_open_none_in_an_emergency():
    refused = {viewer for viewer in EVERYONE if not may_open_in_emergency(viewer)}
    assert refused == {AUDITOR, ANALYST, ADMINISTRATOR, PARTNER}


# Boroughs


@pytest.mark.parametrize(
    ("viewers_borough", "referrals_borough", "theirs"),
    [
        ("Newham", "Newham", True),
        ("Newham", "Hackney", False),
        ("Newham", "", True),
        ("", "Newham", True),
        ("", "", True),
    ],
)
def test_a_boroughs_officers_own_what_is_of_their_borough_or_of_none_known(viewers_borough, referrals_borough, theirs):
    officer = Viewer(1, Role.OFFICER, unit="boroughs", borough=viewers_borough)
    assert owns(officer, Custody(owner="boroughs", owner_borough=referrals_borough)) is theirs
    assert bool(may(officer, Act.SEE, Custody(owner="boroughs", owner_borough=referrals_borough))) is theirs


def test_an_offer_to_one_borough_is_not_another_boroughs_to_answer():
    custody = Custody(owner="unit-a", offered_to="boroughs", offered_to_borough="Hackney")
    assert may(Viewer(1, Role.OFFICER, unit="boroughs", borough="Hackney"), Act.ANSWER_OFFER, custody)
    assert not may(Viewer(1, Role.OFFICER, unit="boroughs", borough="Newham"), Act.ANSWER_OFFER, custody)


def test_an_account_without_a_unit_owns_nothing():
    assert not owns(Viewer(1, Role.OFFICER), Custody(owner=""))
    assert not may(Viewer(1, Role.OFFICER), Act.ANSWER_OFFER, Custody(owner="unit-a"))


# Partners


def test_a_partner_sees_the_status_of_what_it_or_its_body_sent():
    assert may(PARTNER, Act.SEE_STATUS, Custody(owner="unit-a", sent_by_account=PARTNER.id, restricted=True))
    assert may(PARTNER, Act.SEE_STATUS, Custody(owner="unit-a", sent_by_body="Harbour Project"))
    assert not may(PARTNER, Act.SEE_STATUS, Custody(owner="unit-a", sent_by_body="Another body"))
    assert not may(PARTNER, Act.SEE, PLAIN)


def test_whoever_has_no_body_is_not_of_a_body_without_a_name():
    assert not may(OTHER, Act.SEE_STATUS, Custody(owner="unit-a", sent_by_body=""))
