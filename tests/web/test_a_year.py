"""February to June 2010, played on the site in real browsers: what the documentation tells as docs/a-year.md.

`PALERMO_WRITE_DOCS=1` writes that page and its pictures anew; without it, the page is held against what was played.
"""

import json
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from flows.referring import LABOUR_IN_NEWHAM, answer, refer
from flows.visiting import follow
from palermo.domain.access import Role
from palermo.reports.checking import check
from palermo.reports.verify import faults
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.audit.actors import Command
from palermo.web.cases.models import Case, Changeover, Closing
from palermo.web.duties import actions
from palermo.web.duties.models import Breach
from palermo.web.intake.models import Ownership, Referral

try:
    from palermo.web.operations.models import Operation
except ImportError:
    Operation = None
from web.background import run_jobs
from web.cases.conftest import signed_in
from web.playing import ROOT, Play

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["signed_in"]
PAGE = ROOT / "docs" / "a-year.md"
PICTURES = ROOT / "docs" / "images" / "a-year"
TITLE = "Five months of 2010"
OPENING = (
    "<!-- Written by tests/web/test_a_year.py from what it plays: PALERMO_WRITE_DOCS=1 writes it again. -->\n\n"
    "From February to June 2010, through the night of the reorganisation. Every line below was done on the site in a "
    "browser, by the post that it names, at the time that it names; the pictures were taken on the way. Everyone is "
    "invented."
)
POSTS = (
    ("co14", "Officer, CO14", Role.OFFICER, "CO14"),
    ("co14-supervisor", "Supervisor, CO14", Role.SUPERVISOR, "CO14"),
    ("htt", "Officer, Human Trafficking Team", Role.OFFICER, "HTT"),
    ("htt-supervisor", "Supervisor, Human Trafficking Team", Role.SUPERVISOR, "HTT"),
)
OF_POLICE = {"matter": {"matter": "trafficking"}, "nexus": {"nexus": "none"}}
FLATS = {
    **LABOUR_IN_NEWHAM,
    "referrer": {"post": "Caseworker", "contact": "office@harbour.example", "sender_reference": "HP-2010-31"},
    "account": {"account": "She was brought to London for work in a hotel and is kept in flats in two boroughs."},
    "purposes": {"purposes": "exploitation_of_the_prostitution_of_others"},
    "exploitation": {"exploitation": "sexual"},
    "organised": {"organised": "yes"},
    "reach": {"reach": "cross_borough"},
}
CHILD = {
    # of a child nobody asks by which means
    **{page: given for page, given in LABOUR_IN_NEWHAM.items() if page != "means"},
    **OF_POLICE,
    "age": {"age": "child"},
    "account": {"account": "A girl came off the train alone with a number to ring, and does not say how old she is."},
    "exploitation": {"exploitation": "unknown"},
    "organised": {"organised": "unknown"},
    "reach": {"reach": "unknown"},
    "port": {"port": "yes"},
}


@pytest.fixture
def play(browser, live_server, accounts, signed_in, monkeypatch, tmp_path, settings):
    for username, post, role, unit in POSTS:
        accounts[username] = User.objects.create_user(username, "unused", post=post, role=role, unit=unit)
    settings.FILES = tmp_path / "files"
    settings.DAYS_SHIFTED = 0
    pictures = PICTURES if os.environ.get("PALERMO_WRITE_DOCS") else tmp_path / "pictures"

    def session_of(username: str) -> str:
        return signed_in(username).cookies["session"].value

    return Play(browser, live_server.url, session_of, monkeypatch, pictures)


def made(page, path: str, given: dict[str, str] | None = None) -> None:
    """Open a page with a form, fill it in, and send it: the page that comes is another."""
    page.goto(path)
    answer(page, given or {})
    follow(page.locator("main form button").last)


def moved(page, reference: str, name: str, given: dict[str, str] | None = None) -> None:
    made(page, f"/referrals/{reference}/{name}/", given)
    assert "?told=" in page.url, page.locator("main").inner_text()


def on(day: date, name: str) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def owner(reference: str) -> tuple[str, str]:
    return Ownership.objects.values_list("unit", "borough").get(
        referral__reference=reference, period__endswith__isnull=True
    )


def state(reference: str) -> str:
    return Case.objects.get(referral__reference=reference).state


def test_five_months_of_2010(play):
    before_the_change(play)
    the_night(play)
    after_it(play)
    written = play.document(TITLE, OPENING)
    if os.environ.get("PALERMO_WRITE_DOCS"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written, "PALERMO_WRITE_DOCS=1 writes docs/a-year.md again"
    for line in written.splitlines():
        if line.startswith("!["):
            assert (PAGE.parent / line.rsplit("(", 1)[1].rstrip(")")).is_file(), line


def before_the_change(play: Play) -> None:
    partner, newham = play.desk("partner"), play.desk("borough")
    co14, htt, commander = play.desk("co14"), play.desk("htt"), play.desk("commander")

    play.scene(
        2010, 2, 8, 10, "Two referrals from an NGO",
        "A caseworker of the Harbour Project answers one question a page. One is about a man in a kitchen in "
        "Newham: nobody organised, one borough. The remit of that day leaves it with Newham. The other is about a "
        "woman kept in flats in two boroughs by people who are organised: CO14 has it, and the record says that "
        "the Human Trafficking Team has a claim as well, since the source gives it to both.",
    )  # fmt: skip
    play.kitchen, play.flats = refer(partner, LABOUR_IN_NEWHAM), refer(partner, FLATS)
    assert (owner(play.kitchen), owner(play.flats)) == (("TP", "Newham"), ("CO14", ""))
    partner.goto("/sent/")
    play.picture(partner, "01-sent", "What the NGO has sent, and how it stands")

    play.scene(
        2010, 2, 8, 14, "A child at a station",
        "An officer of Newham refers a girl found at a station. Her age is not in doubt: Operation Paladin has "
        "it, with four hours to see that she is safe.",
    )  # fmt: skip
    play.child = refer(newham, CHILD)
    assert owner(play.child) == ("SCD5-PALADIN", "")
    paladin = play.desk("paladin")
    moved(paladin, play.child, "accept")
    moved(paladin, play.child, "take")
    paladin.goto(f"/referrals/{play.child}/due/")
    play.picture(paladin, "02-due", "What is due on the child’s referral, and by when")

    play.scene(
        2010, 2, 9, 9, "The borough and CO14 accept",
        "Each has until the end of the next working day to accept what it was given. Newham assesses, and decides "
        "that it is investigated, with the reason: that is the decision the duty to investigate asks for.",
    )  # fmt: skip
    moved(newham, play.kitchen, "accept")
    moved(newham, play.kitchen, "take")
    moved(newham, play.kitchen, "assess", {
        "risk": "medium", "course": "investigate", "reason": "His papers are kept, and a second man was seen.",
    })  # fmt: skip
    moved(newham, play.kitchen, "investigate", {"reason": "A credible allegation. The kitchen is visited first."})
    moved(co14, play.flats, "accept")
    moved(co14, play.flats, "take")
    newham.goto(f"/referrals/{play.kitchen}/")
    play.picture(newham, "03-investigating", "The borough’s case: its owner and why, what is due, and what was found")

    play.scene(
        2010, 2, 11, 11, "Two units dispute one case",
        "CO14 finds that the flats are run from abroad, and says that the case is the Human Trafficking Team’s. "
        "It goes to the commander, who leads for both, with two working days to settle it. CO14 owns it "
        "meanwhile.",
    )  # fmt: skip
    moved(co14, play.flats, "dispute", {"choice": "HTT|", "reason": "It is run from abroad: their network, not ours."})
    assert state(play.flats) == "in_dispute"
    assert owner(play.flats) == ("CO14", "")
    commander.goto(f"/referrals/{play.flats}/")
    play.picture(commander, "04-in-dispute", "The case in dispute, on the commander’s screen")

    play.scene(
        2010, 2, 12, 10, "The commander settles it",
        "It is the Human Trafficking Team’s, from then on, and both units are told with the reason.",
    )  # fmt: skip
    moved(commander, play.flats, "arbitrate", {"choice": "HTT|", "reason": "Their network, and their interpreters."})
    assert (owner(play.flats), state(play.flats)) == (("HTT", ""), "accepted")
    moved(htt, play.flats, "take")

    play.scene(
        2010, 2, 22, 9, "A borough escalates",
        "A second address is found outside Newham. The officer corrects the fact; the remit decides again and "
        "names the Human Trafficking Team, which is asked, and accepts. Until it did, the case was Newham’s.",
    )  # fmt: skip
    moved(newham, play.kitchen, "change/reach", {
        "choice": "cross_borough", "reason": "A second address was found, in Barking.",
    })  # fmt: skip
    assert (owner(play.kitchen), state(play.kitchen)) == (("TP", "Newham"), "offered")
    moved(htt, play.kitchen, "answer", {"choice": "accept", "reason": "We have the people for it."})
    assert owner(play.kitchen) == ("HTT", "")
    moved(htt, play.kitchen, "take")

    play.scene(
        2010, 3, 8, 15, "Who is it about?",
        "An officer of the Human Trafficking Team records a suspected trafficker, by whose word, and from which "
        "statement. The subject’s page shows nothing of any potential victim.",
    )  # fmt: skip
    htt.goto(f"/referrals/{play.flats}/people/add/person/")
    htt.get_by_label("Name (optional)").fill("Radu Pop")
    htt.get_by_label("Subject", exact=True).check()
    htt.get_by_label("Allegation: somebody says so").check()
    htt.get_by_label("How it was verified, or whose word it is").fill("A neighbour of the second flat")
    htt.get_by_label("Source").fill("Statement of 5 March 2010")
    follow(htt.get_by_role("button", name="Add it"))
    htt.get_by_role("heading", name="Radu Pop").wait_for()
    play.picture(htt, "05-subject", "The page of a suspected trafficker")

    play.scene(
        2010, 3, 10, 10, "Why was it decided so?",
        "The officer in charge enters a decision in the log of the case, with the options that were considered.",
    )  # fmt: skip
    made(htt, f"/referrals/{play.flats}/decisions/new/", {
        "decision": "The flats are watched before anybody is arrested.",
        **on(date(2010, 3, 9), "day"),
        "option-1": "Arrest now", "for-1": "She is out at once", "against-1": "The second flat is lost",
        "option-2": "Watch first", "for-2": "Both flats, and who runs them", "against-2": "A week’s delay",
        "chosen": "2",
        "reason": "She is seen daily by the NGO, and says that she is not hurt.",
        "based_on": "The neighbour’s statement; nothing is known yet of who pays the rent.",
        **on(date(2010, 3, 17), "review_on"),
        "on_investigation": "yes",
    })  # fmt: skip
    htt.goto(f"/referrals/{play.flats}/decisions/")
    play.picture(htt, "06-decisions", "The decision log of the case")


def the_night(play: Play) -> None:
    commander = play.desk("commander")

    play.scene(
        2010, 3, 24, 10, "The change is rehearsed",
        "A week before the reorganisation the commander rehearses it: which cases move, why, and to whom; what is "
        "in dispute or about to run out; each unit’s load before and after. Nothing is changed by it.",
    )  # fmt: skip
    commander.goto("/changeover/?on=2010-04-01")
    play.picture(commander, "07-rehearsal", "The rehearsal of 1 April 2010")
    assert not Changeover.objects.exists()

    play.scene(
        2010, 4, 1, 0, "The night",
        "On the first minutes of 1 April the commander runs it. The Human Trafficking Team closes, CO14 becomes "
        "SCD9, and every open case is handed over in one transaction. The certificate says that each has one "
        "owner that exists.",
    )  # fmt: skip
    commander.goto("/changeover/?on=2010-04-01")
    follow(commander.get_by_role("button", name="Run the changeover of 1 April 2010"))
    play.picture(commander, "08-certificate", "The certificate of the night")
    assert Changeover.objects.get().certificate["orphans"] == 0
    assert {owner(play.kitchen), owner(play.flats)} == {("SCD9", "")}
    assert owner(play.child) == ("SCD5-PALADIN", "")

    play.scene(
        2010, 4, 1, 9, "The morning",
        "SCD9 accepts what it was given, and its supervisor allocates it.",
    )  # fmt: skip
    supervisor = play.desk("supervisor")
    officer = User.objects.get(username="officer")
    for reference in (play.kitchen, play.flats):
        moved(supervisor, reference, "accept")
        moved(supervisor, reference, "allocate", {"choice": str(officer.pk)})
    supervisor.goto("/my-queue/")
    play.picture(supervisor, "09-queue", "The queue of SCD9 on its first morning")


def after_it(play: Play) -> None:
    officer, supervisor = play.desk("officer"), play.desk("supervisor")
    partner, commander = play.desk("partner"), play.desk("commander")

    play.scene(
        2010, 4, 9, 16, "A referral that nobody accepts",
        "On a Friday afternoon the NGO refers another woman from the same flats. She is SCD9’s. Nobody accepts.",
    )  # fmt: skip
    play.second = refer(partner, {**FLATS, "referrer": {**FLATS["referrer"], "sender_reference": "HP-2010-58"}})
    assert owner(play.second) == ("SCD9", "")
    run_jobs()

    play.scene(
        2010, 4, 13, 9, "A clock runs out",
        "The next working day was Monday. On Tuesday morning it is overdue, has gone up to the supervisor, by "
        "e-mail as well, and stands on the supervisor’s page. The supervisor says what is done about it.",
    )  # fmt: skip
    # what a worker does every few minutes
    actions.tell_breaches(Command("command:breaches"), clock.now())
    run_jobs()
    assert Breach.objects.filter(clock__referral__reference=play.second, to="supervisor").exists()
    supervisor.goto("/breaches/")
    assert play.second in supervisor.locator("main").inner_text()
    play.picture(supervisor, "10-breaches", "What is overdue, on the supervisor’s page")
    supervisor.goto(f"/referrals/{play.second}/due/")
    follow(supervisor.get_by_role("link", name="Say what is done").first)
    supervisor.get_by_label("What do you do about it?").fill("The duty desk missed it over the weekend. Accepted now.")
    follow(supervisor.get_by_role("button", name="Keep it"))
    moved(supervisor, play.second, "accept")
    moved(supervisor, play.second, "allocate", {"choice": str(User.objects.get(username="officer").pk)})

    play.scene(
        2010, 4, 20, 11, "Paladin draws on SCD9",
        "The girl from the station names the flats. Paladin keeps her case, and asks SCD9 for help with an "
        "operation: a request with a clock, answered with the post that is responsible.",
    )  # fmt: skip
    paladin = play.desk("paladin")
    paladin.goto(f"/referrals/{play.child}/support/ask/")
    paladin.get_by_label("Help with an operation, from SCD9").check()
    paladin.get_by_label("What is wanted, and why?").fill("Two officers to watch the flats that she names.")
    follow(paladin.get_by_role("button", name="Ask for it"))
    officer.goto("/support/")
    follow(officer.get_by_role("link", name=play.child))
    follow(officer.get_by_role("link", name="Answer it"))
    officer.get_by_label("Yes, we give it").check()
    officer.get_by_label("Post responsible").fill("Detective sergeant, vice")
    follow(officer.get_by_role("button", name="Send the answer"))
    paladin.goto(f"/referrals/{play.child}/support/")
    play.picture(paladin, "11-support", "What Paladin asked for, and what SCD9 answered")

    play.scene(
        2010, 5, 5, 14, "An operation is proposed",
        "SCD9’s supervisor proposes an operation against whoever runs the flats: its objective, the officer-days "
        "of each function, and the level that each criterion of the pack’s matrix is given, with a reason.",
    )  # fmt: skip
    propose(supervisor)
    supervisor.goto(f"/operations/{operation().key}/link/")
    answer(supervisor, {"reference": play.flats, "reason": "It is about these flats."})
    follow(supervisor.locator("main form button").last)

    play.scene(
        2010, 5, 12, 10, "The tasking meeting",
        "The agenda has built itself: what is new, overdue, in dispute and asked for; proposals ranked by their "
        "score; officers of each function against what they are tasked with. The commander approves the "
        "operation.",
    )  # fmt: skip
    commander.goto("/tasking/new/")
    write_day(commander, date(2010, 5, 12))
    commander.get_by_label("The whole response").check()
    follow(commander.get_by_role("button", name="Plan it"))
    follow(commander.get_by_role("button", name="Open the meeting"))
    commander.get_by_label("Supervisor, SCD9").check()
    follow(commander.get_by_role("button", name="Open it"))
    play.picture(commander, "12-meeting", "The agenda of the tasking meeting")
    follow(commander.get_by_role("link", name="Decide on 1. Heron"))
    commander.get_by_label("Approve it").check()
    commander.get_by_label("Why is it decided so?").fill("Two victims name the same flats.")
    follow(commander.get_by_role("button", name="Decide it"))
    follow(commander.get_by_role("button", name="Close the meeting"))
    follow(commander.get_by_role("button", name="Close it and keep the minutes"))
    play.picture(commander, "13-minutes", "The minutes, which do not change any more")

    play.scene(
        2010, 5, 24, 6, "The operation starts",
        "The flats are entered at six. Two women are found, and two men are arrested.",
    )  # fmt: skip
    supervisor.goto(f"/operations/{operation().key}/start/")
    answer(supervisor, {"reason": "Both flats are occupied this morning."})
    follow(supervisor.locator("main form button").last)
    assert operation().state == "running"
    for kind, amount in (("victims_identified", "2"), ("arrests", "2")):
        supervisor.goto(f"/operations/{operation().key}/result/")
        answer(supervisor, {"kind": kind, "amount": amount, **on(date(2010, 5, 24), "day")})
        follow(supervisor.locator("main form button").last)
    supervisor.goto(f"/operations/{operation().key}/")
    play.picture(supervisor, "14-operation", "The operation, its results and what it took")

    play.scene(
        2010, 6, 10, 11, "A name at a police station",
        "A station rings: a man who was stopped there says that he is called Pop. The officer searches for “pop "
        "radu”, and finds Radu Pop, a subject in the case of the flats. What is found is only what the officer may "
        "open, and each search is logged, without its words.",
    )  # fmt: skip
    officer.goto("/search/")
    officer.get_by_label("What do you look for?").fill("pop radu")
    follow(officer.get_by_role("button", name="Search", exact=True))
    officer.get_by_role("heading", name="1 referral found").wait_for()
    assert play.flats in officer.locator("main").inner_text()
    assert "Radu Pop" in officer.locator("main").inner_text()
    play.picture(officer, "15-search", "What the officer finds")

    play.scene(
        2010, 6, 24, 15, "The cases close",
        "Charges are brought. The supervisor closes the cases of the flats with their outcome and the reason, and "
        "the man’s from the kitchen, who wants no investigation any more, with support for him alone.",
    )  # fmt: skip
    for reference in (play.flats, play.second):
        moved(supervisor, reference, "close", {"outcome": "charge", "reason": "Two men are charged; trial in October."})
    moved(supervisor, play.kitchen, "close", {
        "outcome": "victim_support_only", "reason": "He is safe, is supported by the NGO, and wants no more.",
    })  # fmt: skip
    assert sorted(Closing.objects.values_list("outcome", flat=True)) == ["charge", "charge", "victim_support_only"]
    partner.goto(f"/sent/{play.flats}/")
    play.picture(partner, "16-closed", "What the NGO sees of it")

    play.scene(
        2010, 6, 30, 10, "The file",
        "A lawyer asks what was done since the first word of it. The supervisor has the file made: the whole "
        "story, as a page, as PDF and as data, with a list of hashes by which any change of it shows.",
    )  # fmt: skip
    made(supervisor, f"/referrals/{play.flats}/file/", {
        "recipient": "Reviewing lawyer, Directorate of Legal Services", "reason": "A claim under articles 3 and 4.",
    })  # fmt: skip
    run_jobs()
    supervisor.reload()
    supervisor.get_by_role("heading", name="The file is ready").wait_for()
    play.picture(supervisor, "17-file", "The duty-to-investigate file, ready to be taken out")
    with supervisor.expect_download() as taken:
        supervisor.get_by_role("button", name="Take it out").click()
    path = Path(taken.value.path())
    assert check(path).faults == ()
    with zipfile.ZipFile(path) as parts:
        told, proofs = json.loads(parts.read("file.json")), json.loads(parts.read("ledger.json"))
    assert proofs["entries"]
    assert faults(proofs) == []
    text = json.dumps(told, ensure_ascii=False)
    for words in ("CO14", "In dispute between", "Changeover", "The flats are watched", "Two men are charged"):
        assert words in text
    assert Referral.objects.count() == 4


def operation() -> Operation:
    return Operation.objects.get(name="Heron")


def write_day(page, day: date, group: str = "") -> None:
    there = page.get_by_role("group", name=group) if group else page
    for name, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        there.get_by_label(name, exact=True).fill(str(value))


def propose(page) -> None:
    page.goto("/operations/propose/")
    follow(page.get_by_role("button", name="Begin a proposal"))
    page.get_by_label("Code name").fill("Heron")
    page.get_by_label("Objective").fill("Find who runs the flats, and bring everyone there to safety.")
    page.get_by_label("Proactive: it goes out to look").check()
    page.get_by_label("2: across boroughs").check()
    write_day(page, date(2010, 5, 24), "First day")
    write_day(page, date(2010, 6, 18), "Last day")
    follow(page.get_by_role("button", name="Save and continue"))
    page.get_by_label("Function, line 1").select_option(index=1)
    page.get_by_label("Officer-days, line 1").fill("40")
    follow(page.get_by_role("button", name="Save and continue"))
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").nth(2).check()
    for reason in page.get_by_role("textbox").all():
        reason.fill("Two referrals and a statement agree.")
    follow(page.get_by_role("button", name="Save and continue"))
    follow(page.get_by_role("button", name="Propose it"))
    page.get_by_role("heading", name="Operation Heron").wait_for()
