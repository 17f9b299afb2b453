"""The organisation, the owner of a kind of referral, and the policy: pages that read the pack and nothing else."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from palermo.domain.policy import Basis
from palermo.web import clock, policy
from palermo.web.oversight import charts, reading
from palermo.web.oversight.access import inside_the_force
from palermo.web.oversight.asking import Question
from palermo.web.oversight.days import read_day

PLACES = (
    ("oversight:policy", "The pack"),
    ("oversight:rules", "Rules"),
    ("oversight:tables", "Levels, support, clocks"),
    ("oversight:silences", "Gaps and overlaps"),
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
    rows = reading.versions(id)
    if not rows:
        raise Http404
    return read(request, "rule", {"id": id, "rows": rows, "examples": reading.examples_of(id)})


@inside_the_force
def tables(request: HttpRequest) -> HttpResponse:
    return read(request, "tables", {"tables": reading.siblings()})


@inside_the_force
def silences(request: HttpRequest) -> HttpResponse:
    return read(request, "silences", {"intervals": reading.silences(), "lapses": reading.lapses()})


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
