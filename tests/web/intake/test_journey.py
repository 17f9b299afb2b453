"""The whole way from the first page to the confirmation, without JavaScript."""

import pytest

from palermo.domain.access import Role
from palermo.web import policy
from palermo.web.audit.models import Entry
from palermo.web.intake.models import Draft, Event, Ownership, Referral
from palermo.web.intake.questions import QUESTIONS
from web.intake.walking import an_adult, first, problems, text_of, typed

pytestmark = pytest.mark.django_db


def test_a_partner_refers_and_is_told_the_reference_and_the_unit(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())

    confirmation = partner.client.post(
        partner.url("check"), {"shown": typed(partner.page("check"), "shown")}, follow=True
    )

    referral = Referral.objects.get(submission_key=partner.key)
    text = text_of(confirmation)
    assert confirmation.status_code == 200
    assert referral.reference in text
    assert "SCD9" in text
    assert "Call 999" in text
    assert "café" not in text
    assert (referral.channel, referral.referring_body, referral.sent_by) == ("form", "Harbour Project", partner.user)
    assert referral.first_responder == "Caseworker; 020 7946 0000"
    assert referral.sender_reference == "HP-17"
    assert not Draft.objects.exists()


def test_what_was_answered_is_what_is_kept(traveller):
    referral = traveller("partner").refer()

    version = referral.fact_versions.get()
    assert {name: version.facts[name] for name in ("age", "exploitation", "organised", "reach", "victims", "port")} == {
        "age": "adult",
        "exploitation": "sexual",
        "organised": "yes",
        "reach": "international",
        "victims": "one",
        "port": "no",
    }
    assert version.borough == "Newham"
    assert version.elements == {
        "acts": [first("act")],
        "means": [first("means")],
        "purposes": [first("purpose")],
        "consent": None,
        "indicators": [],
    }
    assert version.decision.finding == "trafficking"
    assert Ownership.objects.get(referral=referral).unit == "SCD9"
    assert [event.kind for event in referral.events.order_by("id")] == ["received", "decided"]
    assert referral.clocks.count() >= 1
    entry = Entry.objects.get(action="referral_received")
    assert (entry.subject, entry.actor) == (f"referral:{referral.reference}", partner_name(referral))


def partner_name(referral):
    return referral.sent_by.audit_name


def test_signs_are_kept_and_decide_nothing(traveller):
    pack = policy.pack()
    sign = pack.definition.for_age("adult")[0]
    group = f"{sign.set}-{sign.dimension}"

    partner = traveller("partner")
    partner.begin()
    partner.fill({**an_adult(), "means": {"means": ["unknown"]}, "indicators": {group: [sign.code]}})
    assert sign.text in text_of(partner.page("check"))
    partner.send()

    version = Referral.objects.get(submission_key=partner.key).fact_versions.get()
    assert version.elements["indicators"] == [sign.code]
    assert version.decision.finding == "insufficient"


def test_signs_meant_for_another_age_are_not_sent(traveller):
    sign = policy.pack().definition.for_age("adult")[0]
    partner = traveller("partner")
    partner.begin()
    partner.fill({**an_adult(), "indicators": {f"{sign.set}-{sign.dimension}": [sign.code]}})
    partner.answer("age", {"age": "child"})

    assert sign.text not in text_of(partner.page("check"))
    partner.send()

    assert Referral.objects.get(submission_key=partner.key).fact_versions.get().elements["indicators"] == []


def test_a_borough_officer_refers_from_their_borough(traveller):
    officer = traveller("borough")
    officer.begin()
    body = typed(officer.page("referrer"), "body")
    answers = {
        **an_adult(),
        "referrer": {**an_adult()["referrer"], "body": body},
        "matter": {"matter": "trafficking"},
        "organised": {"organised": "no"},
        "reach": {"reach": "borough"},
        "exploitation": {"exploitation": "domestic_servitude"},
        "nexus": {"nexus": "none"},
    }
    officer.fill(answers)
    assert officer.send().status_code == 302

    referral = Referral.objects.get(submission_key=officer.key)
    assert "Newham" in body
    assert (referral.sent_by_borough, referral.referring_body) == ("Newham", body)
    owner = Ownership.objects.get(referral=referral)
    assert (owner.unit, owner.borough) == ("TP", "Newham")


def test_a_childs_means_are_not_asked_and_paladin_owns(traveller):
    partner = traveller("partner")
    answers = {**an_adult(), "age": {"age": "child"}}
    means, consent = answers.pop("means"), {"consent": "yes"}
    partner.begin()
    partner.fill(answers)

    explained = partner.page("means")
    assert "Not needed for a child" in text_of(explained)
    assert "Not needed for a child" in text_of(partner.page())
    assert partner.answer("means", means).status_code == 200
    assert partner.answer("consent", consent).status_code == 302
    assert {"means", "consent"}.isdisjoint(partner.draft.answers)
    partner.send()

    referral = Referral.objects.get(submission_key=partner.key)
    assert Ownership.objects.get(referral=referral).unit == "SCD5-PALADIN"
    assert referral.fact_versions.get().decision.finding_document["elements"]["means"] == "not_required"


def test_means_answered_before_the_age_was_known_are_not_sent_for_a_child(traveller):
    referral = traveller("partner").refer()
    assert referral.fact_versions.get().elements["means"] == [first("means")]

    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())
    partner.answer("age", {"age": "child"}, back="check")
    partner.send()

    assert Referral.objects.get(submission_key=partner.key).fact_versions.get().elements["means"] is None


def test_means_are_still_asked_where_the_age_is_not_known(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.answer("age", {"age": "unknown"})

    assert 'name="means"' in text_of(partner.page("means"))


def test_nothing_known_yet_can_be_referred(traveller):
    unknown = {name: {name: "unknown"} for name in ("victims", "age", "exploitation", "organised", "reach", "borough")}
    elements = {name: {name: ["unknown"]} for name in ("acts", "means", "purposes")}

    referral = traveller("partner").refer({**an_adult(), **unknown, **elements})

    version = referral.fact_versions.get()
    assert version.borough == ""
    assert {version.facts[name] for name in ("victims", "age", "exploitation", "organised", "reach")} == {"unknown"}
    assert version.elements["acts"] is None
    assert version.decision.finding == "insufficient"
    assert Ownership.objects.filter(referral=referral).count() == 1


def test_looked_for_and_not_there_is_another_answer_than_not_known(traveller):
    referral = traveller("partner").refer({**an_adult(), "means": {"means": ["none"]}})

    version = referral.fact_versions.get()
    assert version.elements["means"] == []
    assert version.decision.finding == "not_shown"


def test_consent_decides_nothing(traveller):
    findings = []
    for consent in ("yes", "no"):
        referral = traveller("partner").refer({**an_adult(), "consent": {"consent": consent}})
        findings.append(referral.fact_versions.get().decision.finding)

    assert findings == ["trafficking", "trafficking"]


@pytest.mark.parametrize("page", [slug for slug in QUESTIONS if slug not in ("consent", "indicators", "restricted")])
def test_a_page_left_empty_says_so_and_leads_to_the_field(traveller, page):
    officer = traveller("borough")
    officer.begin()
    empty = {"body": "", "borough": ""}

    response = officer.answer(page, empty)

    text = text_of(response)
    found = problems(response)
    assert response.status_code == 200
    assert "Error: " in text.partition("<title")[2].partition("</title>")[0]
    assert found
    for link, says in found.items():
        assert f' id="{link[1:]}"' in text
        assert text.count(says) == 2
    assert officer.draft.answers == {}


def test_refused_input_keeps_what_was_typed(traveller):
    partner = traveller("partner")
    partner.begin()

    response = partner.answer("referrer", {"post": "Caseworker", "contact": "", "sender_reference": "x" * 121})

    text = text_of(response)
    assert 'value="Caseworker"' in text
    assert "x" * 121 in text
    assert "Enter a telephone number or an email address" in text
    assert "use 120 characters or fewer; there are 121" in text


def test_a_value_that_is_not_offered_is_refused(traveller):
    partner = traveller("partner")
    partner.begin()

    assert problems(partner.answer("age", {"age": "Child"}))
    assert problems(partner.answer("acts", {"acts": ["made_up"]}))
    assert problems(partner.answer("borough", {"borough": "Atlantis"}))
    assert partner.draft.answers == {}


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb"])
def test_control_characters_are_refused_kindly(traveller, text):
    partner = traveller("partner")
    partner.begin()

    response = partner.answer("account", {"account": text})

    assert response.status_code == 200
    assert "character 2 is not text" in text_of(response)


def test_any_script_is_kept_and_shown_where_it_cannot_turn_its_surroundings(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())
    partner.answer("people/0123abcd/names", {"given_names": "\u202eمريم", "family_name": "张<b>", "other_names": ""})

    page = partner.page("check").content.decode()
    partner.send()

    assert '<bdi class="palermo-written" dir="auto">\u202eمريم</bdi>' in page
    assert "张&lt;b&gt;" in page
    person = Referral.objects.get(submission_key=partner.key).potential_victims.get()
    assert (person.given_names, person.family_name) == ("\u202eمريم", "张<b>")


def test_a_long_account_arrives_whole_and_a_longer_one_is_refused(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill({**an_adult(), "account": {"account": "é" * 20_000}})

    refused = partner.answer("account", {"account": "é" * 20_001})
    partner.send()

    assert "use 20000 characters or fewer; there are 20001" in text_of(refused)
    assert Referral.objects.get(submission_key=partner.key).account == "é" * 20_000


def test_sent_twice_is_one_referral_and_back_leads_to_its_confirmation(traveller):
    partner = traveller("partner")
    referral = partner.refer()

    again = partner.client.post(partner.url("check"), {"shown": "whatever"})

    assert again.headers["Location"] == partner.url("done")
    for page in ("", "age", "check", "people", "delete"):
        assert partner.page(page).headers["Location"] == partner.url("done")
    assert partner.answer("age", {"age": "child"}).headers["Location"] == partner.url("done")
    assert list(Referral.objects.all()) == [referral]
    assert Event.objects.filter(kind="received").count() == 1


def test_it_is_not_sent_before_every_question_has_an_answer(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill({page: given for page, given in an_adult().items() if page not in ("age", "borough")})

    response = partner.send()

    assert response.status_code == 200
    assert list(problems(response)) == [partner.url(page) + "?back=check" for page in ("age", "borough")]
    assert not Referral.objects.exists()
    assert Draft.objects.count() == 1


def test_it_is_not_sent_where_an_answer_changed_after_the_last_page_was_shown(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())
    shown = typed(partner.page("check"), "shown")
    partner.answer("age", {"age": "unknown"})

    response = partner.client.post(partner.url("check"), {"shown": shown})

    assert "changed in another window" in text_of(response)
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    ("people", "page"),
    [
        ([{"day": "", "month": "", "year": "2000"}], "age"),
        ([{"day": "", "month": "", "year": "1980"}, {"day": "", "month": "", "year": "1981"}], "victims"),
    ],
)
def test_answers_at_odds_are_not_sent(traveller, people, page):
    partner = traveller("partner")
    partner.begin()
    partner.fill(an_adult())
    for number, born in enumerate(people):
        partner.answer(f"people/0000000{number}/names", {"given_names": "Invented"})
        partner.answer(
            f"people/0000000{number}/birth", {f"date_of_birth-{part}": typed for part, typed in born.items()}
        )

    response = partner.send()

    assert list(problems(response)) == [partner.url(page) + "?back=check"]
    assert not Referral.objects.exists()


def test_people_are_added_changed_and_removed(traveller):
    partner = traveller("partner")
    partner.begin()
    partner.fill({**an_adult(), "victims": {"victims": "multiple"}})
    for token, name in (("aaaaaaaa", "First"), ("bbbbbbbb", "Second"), ("aaaaaaaa", "Changed")):
        onward = partner.answer(f"people/{token}/names", {"given_names": name})
        assert onward.headers["Location"] == partner.url(f"people/{token}/birth")
    partner.answer("people/aaaaaaaa/birth", {"date_of_birth-year": "1985", "date_of_birth-month": "4"})
    partner.answer(
        "people/aaaaaaaa/background", {"sex": "female", "nationality": "Ruritanian", "language": "Ruritanian"}
    )
    last = partner.answer("people/aaaaaaaa/contact", {"safe_contact": "Mornings only"})
    assert last.headers["Location"] == partner.url("people")
    assert "Second" in text_of(partner.page("people/bbbbbbbb/remove"))
    partner.answer("people/bbbbbbbb/remove", {})
    partner.answer("people/bbbbbbbb/remove", {})
    partner.send()

    person = Referral.objects.get(submission_key=partner.key).potential_victims.get()
    assert (person.given_names, person.date_of_birth, person.sex) == ("Changed", "1985-04", "female")
    assert (person.nationality, person.language, person.safe_contact) == ("Ruritanian", "Ruritanian", "Mornings only")


def test_a_change_from_the_last_page_comes_back_to_it(traveller):
    partner = traveller("partner")
    partner.begin()

    assert partner.answer("age", {"age": "adult"}, back="check").headers["Location"] == partner.url("check")
    assert partner.answer("age", {"age": "adult"}).headers["Location"] == partner.url()
    assert partner.answer("victims", {"victims": "one"}).headers["Location"] == partner.url("age")


def test_come_back_later_keeps_a_good_page_and_lets_an_empty_one_go(traveller):
    partner = traveller("partner")
    partner.begin()

    assert partner.answer("age", {"later": "yes"}).headers["Location"] == "/refer/"
    assert partner.draft.answers == {}
    assert partner.answer("age", {"age": "adult", "later": "yes"}).headers["Location"] == "/refer/"
    assert partner.draft.answers == {"age": {"age": "adult"}}
    assert partner.answer("people/aaaaaaaa/names", {"later": "yes"}).headers["Location"] == "/refer/"
    assert partner.draft.answers == {"age": {"age": "adult"}}


def test_come_back_later_says_so_where_the_page_cannot_be_kept(traveller):
    officer = traveller("borough")
    officer.begin()
    filled_in = {name: typed(officer.page("referrer"), name) for name in ("body", "post", "contact")}

    assert officer.answer("referrer", {**filled_in, "later": "yes"}).headers["Location"] == "/refer/"
    assert officer.answer("people/aaaaaaaa/names", {"given_names": "A", "later": "yes"}).status_code == 302
    refused = officer.answer("people/aaaaaaaa/birth", {"date_of_birth-day": "31", "later": "yes"})
    assert problems(refused)
    assert "referrer" not in officer.draft.answers


def test_what_is_filled_in_is_not_answered_before_it_is_saved(traveller):
    officer = traveller("borough")
    officer.begin()

    assert typed(officer.page("referrer"), "post") == officer.user.post
    assert 'value="Newham" selected' in text_of(officer.page("borough"))
    assert "Newham</bdi>" not in text_of(officer.page("check"))


def test_several_drafts_stand_beside_one_another_and_can_be_deleted(traveller):
    partner = traveller("partner")
    kept = partner.begin()
    assert partner.begin() == kept, "an empty draft is used again"
    partner.answer("age", {"age": "adult"})
    other = partner.begin()
    partner.answer("age", {"age": "child"})
    assert other != kept
    listed = text_of(partner.client.get("/refer/"))
    assert [listed.count(f'"/refer/{key}/"') for key in (kept, other)] == [1, 1]

    assert partner.page("delete").status_code == 200
    assert partner.answer("delete", {}).status_code == 302

    assert [str(draft.id) for draft in Draft.objects.all()] == [kept]
    assert partner.page().status_code == 404


def test_a_draft_of_somebody_else_is_not_there(traveller):
    partner, officer = traveller("partner"), traveller("borough")
    officer.key = partner.begin()
    partner.fill(an_adult())
    shown = typed(partner.page("check"), "shown")
    pages = ["", "age", "check", "people", "delete", "done", "people/aaaaaaaa/names", "people/aaaaaaaa/remove"]

    assert {page: officer.page(page).status_code for page in pages} == dict.fromkeys(pages, 404)
    for page in ("age", "delete", "people/aaaaaaaa/names", "people/aaaaaaaa/remove"):
        assert officer.answer(page, {"age": "adult"}).status_code == 404
    assert officer.client.post(officer.url("check"), {"shown": shown}).status_code == 404
    assert Draft.objects.count() == 1
    partner.send()
    assert officer.page("done").status_code == 404


@pytest.mark.parametrize("username", ["analyst", "commander", "auditor", "administrator"])
def test_those_who_do_not_work_with_people_are_told_why_they_cannot_refer(traveller, username):
    other = traveller(username)

    for response in (other.client.get("/refer/"), other.client.get("/sent/"), other.client.post("/refer/new/")):
        assert response.status_code == 403
        assert f"Your role is {username}" in text_of(response)


def test_the_roles_above_are_all_that_do_not_refer(accounts):
    from palermo.web.intake.views import REFERRING

    assert set(Role) - REFERRING == {Role.ANALYST, Role.COMMANDER, Role.AUDITOR, Role.ADMINISTRATOR}


def test_a_partner_is_not_asked_what_only_the_police_can_know(traveller):
    partner = traveller("partner")
    partner.begin()

    for page in ("matter", "nexus", "restricted"):
        assert partner.page(page).headers["Location"] == partner.url()
        assert partner.answer(page, {page: "golf"}).headers["Location"] == partner.url()
    assert partner.draft.answers == {}
    assert partner.page("made-up").status_code == 404


def test_another_duty_of_the_unit_is_referred_without_the_elements(traveller):
    officer = traveller("borough")
    answers = {
        **{
            page: given
            for page, given in an_adult().items()
            if page not in ("acts", "means", "purposes", "exploitation")
        },
        "referrer": {"body": "Invented licensing team", "post": "Officer", "contact": "020 7946 0001"},
        "matter": {"matter": "casino"},
        "nexus": {"nexus": "none"},
        "restricted": {"restricted": ["yes"]},
    }

    referral = officer.refer(answers)

    assert referral.fact_versions.get().facts["matter"] == "casino"
    assert referral.restricted
    assert referral.referring_body == "Invented licensing team"


def test_every_page_can_be_left_at_once_and_its_title_gives_nothing_away(traveller):
    officer = traveller("borough")
    officer.begin()
    officer.answer("people/aaaaaaaa/names", {"given_names": "Invented"})
    people = ["people", "people/aaaaaaaa/names", "people/aaaaaaaa/birth", "people/aaaaaaaa/remove"]

    for page in ["", "check", "delete", *people, *QUESTIONS]:
        text = officer.page(page).content.decode()
        title = text.split("<title>")[1].split("</title>")[0].lower()
        assert 'href="https://www.bbc.co.uk/weather"' in text, page
        assert not {"traffick", "exploit", "victim", "police", "referral"} & set(title.split()), page
        assert not any(word in title for word in ("traffick", "exploit", "victim", "police", "invented")), page
