"""The organisation, the owner of a kind of referral, and the policy: pages that read the pack.

Of the records they read counts, and on a rule's page the references that the viewer may open.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from palermo.domain.policy import Basis, day_before
from palermo.web import clock, policy
from palermo.web.layout import day_words
from palermo.web.oversight import charts, comparing, proposing, queries, reading, ruling
from palermo.web.oversight.access import inside_the_force
from palermo.web.oversight.asking import Question
from palermo.web.oversight.counting import count_referrals, numbers_for
from palermo.web.oversight.days import read_day
from palermo.web.oversight.heat import Heat
from palermo.web.oversight.sunset import Sunset

PLACES = (
    ("oversight:policy", "The pack"),
    ("oversight:rules", "Rules"),
    ("oversight:tables", "Levels, support, clocks"),
    ("oversight:silences", "Gaps and overlaps"),
    ("oversight:changes", "Before and after"),
    ("oversight:proposals", "What if"),
    ("oversight:examples", "Examples"),
    ("oversight:figures", "Figures"),
    ("oversight:definition", "Definition"),
)


@inside_the_force
def who_owns_this(request: HttpRequest) -> HttpResponse:
    """Facts and days in, decisions out; an address that says more than it must is made short first."""
    question = Question(policy.pack(), request.GET)
    if not question.tidy:
        return redirect(reverse("oversight:who-owns-this") + question.address())
    return show(request, "who_owns_this", {"question": question}, bool(question.problems))


@inside_the_force
def organisation(request: HttpRequest) -> HttpResponse:
    """The organisation on a day, or on two side by side; without a day, today or the pack's last change before it."""
    asked = charts.Asked(policy.pack(), request.GET, today=clock.today())
    if not asked.tidy:
        return redirect(reverse("oversight:organisation") + asked.address())
    return show(request, "organisation", {"asked": asked}, bool(asked.problems))


@inside_the_force
def policy_index(request: HttpRequest) -> HttpResponse:
    counts = reading.of_basis(reading.rules())
    return read(request, "policy", {"shares": reading.shares(), "counts": counts})


@inside_the_force
def rules(request: HttpRequest) -> HttpResponse:
    """The rules as a table; by day and by what they rest on, if the address says so."""
    asked = read_day(request.GET, "on", words="The date")
    wanted = request.GET.get("basis", "")
    basis = Basis(wanted) if wanted in set(Basis) else None
    words = {
        "asked": asked,
        "basis": basis,
        "basis_problem": "" if basis or not wanted else f"Choose from the list; “{wanted}” is not in it",
        "basis_options": [
            {"value": value, "text": text, "selected": value == wanted}
            for value, text in (("", "Anything"), *((str(b), b.capitalize()) for b in Basis))
        ],
        "rows": reading.rules_on(asked.day, basis),
    }
    return read(request, "rules", words, bool(asked.problem or words["basis_problem"]))


@inside_the_force
def rule(request: HttpRequest, id: str) -> HttpResponse:
    """One rule: what it says, what it decided, and how it stands among the others."""
    rows = reading.versions(id)
    if not rows:
        raise Http404
    pack, numbers = policy.pack(), numbers_for(request.user.viewer)
    counted = count_referrals(pack.vocabulary)
    decided = queries.decided_in(pack, id, tuple(row.period for row in rows))
    words = {
        "id": id,
        "rows": [
            (row, numbers.words(number), ruling.standings(pack, row.rule, counted, numbers))
            for row, number in zip(rows, decided, strict=True)
        ],
        "listed": queries.decided_for(request.user, pack, id),
        "most": queries.MOST,
        "numbers": numbers,
        "examples": reading.examples_of(id),
    }
    return read(request, "rule", words)


@inside_the_force
def tables(request: HttpRequest) -> HttpResponse:
    return read(request, "tables", {"tables": reading.siblings()})


@inside_the_force
def silences(request: HttpRequest) -> HttpResponse:
    return read(request, "silences", {"intervals": reading.silences(), "lapses": reading.lapses()})


@inside_the_force
def changes(request: HttpRequest) -> HttpResponse:
    """Two days of the remit held against each other: who hands what to whom."""
    asked = changes_asked(request)
    if not asked.tidy:
        return redirect(reverse("oversight:changes") + asked.address())
    words = {"asked": asked, "counts": comparing.COUNTS, "words": comparing.WORDS}
    return read(request, "changes", words, bool(asked.problems))


@inside_the_force
def move(request: HttpRequest) -> HttpResponse:
    """One cell of the matrix: the rules that take from a unit and give to another, and what that is in words."""
    asked = changes_asked(request)
    giver, taker = request.GET.get("giver", ""), request.GET.get("taker", "")
    if asked.weighed is None or not asked.weighed.between(giver, taker):
        raise Http404
    first, second = (day_words(day.day) for day in asked.days)
    words = {
        "weighed": asked.weighed,
        "giver": giver,
        "taker": taker,
        "what": comparing.WORDS[asked.count],
        "between": f"on {first} and on {second}",
        "real": True,
        "back": reverse("oversight:changes") + asked.address(),
    }
    return read(request, "move", words)


def changes_asked(request: HttpRequest) -> comparing.Changes:
    pack = policy.pack()
    return comparing.Changes(pack, request.GET, count_referrals(pack.vocabulary), numbers_for(request.user.viewer))


@inside_the_force
def sunset(request: HttpRequest) -> HttpResponse:
    """What ends on a day, and who inherits it."""
    pack = policy.pack()
    found = Sunset(pack, request.GET, count_referrals(pack.vocabulary), numbers_for(request.user.viewer))
    eve = day_before(found.asked.day) if found.asked.day else None
    return read(request, "sunset", {"sunset": found, "eve": eve}, bool(found.asked.problem))


@inside_the_force
def heat(request: HttpRequest) -> HttpResponse:
    """Gaps and overlaps over two fields, and what one cell is."""
    found = Heat(policy.pack(), request.GET)
    return read(request, "heat", {"heat": found}, bool(found.problems))


@inside_the_force
def proposals(request: HttpRequest) -> HttpResponse:
    """The proposals that come with the pack, and one to begin from nothing."""
    return read(request, "proposals", {"ready": proposing.ready_proposals()})


@inside_the_force
def proposal(request: HttpRequest) -> HttpResponse:
    """A proposal in a form, proved and compared; the address holds it, and nothing is kept."""
    if list(request.GET) == ["start"]:
        opened = proposing.opened(policy.pack(), request.GET["start"])
        if not opened:
            raise Http404
        return redirect(reverse("oversight:proposal") + opened)
    form = proposal_form(request)
    if (removed := form.one("remove")).isdecimal():
        return redirect(reverse("oversight:proposal") + form.address(without=[int(removed)]))
    if not form.tidy:
        return redirect(reverse("oversight:proposal") + form.address())
    words = {"form": form, "counts": comparing.COUNTS, "words": comparing.WORDS}
    return read(request, "proposal", words, bool(form.problems))


@inside_the_force
def proposal_rule(request: HttpRequest) -> HttpResponse:
    """One rule that a proposal adds, or puts in the place of the pack's, in a form of its own."""
    editing = proposing.Editing(proposal_form(request))
    if editing.copied:
        return redirect(reverse("oversight:proposal-rule") + editing.copied)
    if not editing.number:
        raise Http404
    if editing.asked and not editing.problems:
        return redirect(reverse("oversight:proposal") + editing.form.address())
    return read(request, "proposal_rule", {"editing": editing, "form": editing.form}, bool(editing.problems))


@inside_the_force
def proposal_move(request: HttpRequest) -> HttpResponse:
    """One cell of a proposal's matrix: the rules that would take from a unit and give to another."""
    form = proposal_form(request)
    giver, taker = form.one("giver"), form.one("taker")
    if form.weighed is None or not form.weighed.between(giver, taker):
        raise Http404
    words = {
        "weighed": form.weighed,
        "giver": giver,
        "taker": taker,
        "what": comparing.WORDS[form.count],
        "between": f"on {day_words(form.at.day)} without the proposal and with it",
        "known_rules": {rule.id for rule in policy.pack().remit.rules},
        "real": False,
        "back": reverse("oversight:proposal") + form.address(giver="", taker=""),
    }
    return read(request, "move", words)


@inside_the_force
def proposal_file(request: HttpRequest) -> HttpResponse:
    """The proposal as a file that `palermo remit compare --proposal` reads; the form again while it is not one."""
    form = proposal_form(request)
    if form.proved is None:
        return redirect(reverse("oversight:proposal") + f"?{request.GET.urlencode()}")
    response = HttpResponse(form.text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="proposal.toml"'
    return response


def proposal_form(request: HttpRequest) -> proposing.Form:
    pack = policy.pack()
    return proposing.Form(pack, request.GET, count_referrals(pack.vocabulary), numbers_for(request.user.viewer))


@inside_the_force
def examples(request: HttpRequest) -> HttpResponse:
    return read(request, "examples", {"examples": reading.examples(), "invariants": policy.pack().invariants})


@inside_the_force
def figures(request: HttpRequest) -> HttpResponse:
    return read(request, "figures", {"figures": policy.pack().figures, "amount": reading.amount})


@inside_the_force
def definition(request: HttpRequest) -> HttpResponse:
    definition = policy.pack().definition
    scored = sum(sign.scored for sign in definition.indicators)
    return read(request, "definition", {"definition": definition, "scored": scored})


def read(request: HttpRequest, page: str, words: dict[str, object], wrong: bool = False) -> HttpResponse:
    """A page of the policy, with the pack and the links between those pages."""
    return show(request, page, {"pack": policy.pack(), "places": PLACES, **words}, wrong)


def show(request: HttpRequest, page: str, words: dict[str, object], wrong: bool) -> HttpResponse:
    """The page, with 400 where the address asks for something that is not there."""
    return render(request, f"oversight/{page}.html", {"span": reading.span, **words}, status=400 if wrong else 200)
