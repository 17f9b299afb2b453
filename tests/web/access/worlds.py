"""Referrals of every sensitivity, each with everything on it that a referral can have, and who sees them by hand."""

import io
import secrets
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from PIL import Image

from palermo.domain.allegations import Source
from palermo.domain.people import CaseRole, Tie
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.cases import actions as cases
from palermo.web.cases.models import SupportRequest
from palermo.web.dossier import actions as dossier
from palermo.web.duties import actions as duties
from palermo.web.duties.actions import Alleged
from palermo.web.intake.models import Clock, Referral
from palermo.web.support import actions as support
from web.cases.casebook import OF_A_BOROUGH, OF_PALADIN, OF_SCD9, a_referral, seen
from web.papers.filing import a_decision, a_document, a_note, crimes
from web.people.gathering import a_person, a_phone, a_vehicle, an_address, connected, role_of, victim_of

EVERYBODY = frozenset(
    {
        *("partner", "borough", "borough-supervisor", "officer", "supervisor", "paladin", "paladin-supervisor"),
        *("analyst", "commander", "auditor", "administrator"),
    }
)
SEES = MappingProxyType(
    {
        # a borough's, which the pack has the central unit support
        "borough": {"borough", "borough-supervisor", "officer", "supervisor", "commander", "auditor"},
        # the central unit's
        "unit": {"officer", "supervisor", "commander", "auditor"},
        # a borough's that the central unit is asked to take
        "offered": {"borough", "borough-supervisor", "officer", "supervisor", "commander", "auditor"},
        # a child's: Paladin owns it, and draws on the central unit
        "supported": {"paladin", "paladin-supervisor", "officer", "supervisor", "commander", "auditor"},
        # restricted: the supervisor of the owner, those named on it, and the auditor
        "restricted": {"supervisor", "auditor"},
        "restricted to one who is named": {"supervisor", "paladin", "auditor"},
        "restricted in a borough": {"borough-supervisor", "auditor"},
    }
)
"""Written by hand from the rules of the issue, and by no call of what decides: it is held against that."""


@dataclass(frozen=True, slots=True)
class Held:
    """One referral, its marks that stand in no other, and the keys of what is on it by the names of the routes."""

    kind: str
    referral: Referral
    marks: tuple[str, ...]
    keys: dict[str, object]


OWNERS = {
    "borough": ("borough", "borough-supervisor", OF_A_BOROUGH),
    "unit": ("officer", "supervisor", OF_SCD9),
    "offered": ("borough", "borough-supervisor", OF_A_BOROUGH),
    "supported": ("paladin", "paladin-supervisor", OF_PALADIN),
    "restricted": ("supervisor", "supervisor", OF_SCD9),
    "restricted to one who is named": ("supervisor", "supervisor", OF_SCD9),
    "restricted in a borough": ("borough-supervisor", "borough-supervisor", OF_A_BOROUGH),
}
"""Who works on it, who supervises that, and what it is about."""


def make(kind: str, accounts: dict[str, User]) -> Held:
    """A referral of that kind, with a paper, a person and a thing of every sort on it."""
    worker, chief, facts = OWNERS[kind]
    officer, supervisor = accounts[worker], accounts[chief]
    mark = f"canary{secrets.token_hex(5)}"
    person = {name: f"{mark}{name}" for name in ("given_names", "family_name", "safe_contact")}
    referral = a_referral(
        facts,
        by=supervisor,
        restricted=kind.startswith("restricted"),
        account=f"{mark}account He was promised a job.",
        sender_reference=f"{mark}sender",
        referring_body=f"{mark}body",
        first_responder=f"{mark}responder",
        potential_victims=(person,),
    )
    reference = referral.reference
    cases.accept(officer, reference, seen(referral))
    if kind == "restricted to one who is named":
        cases.name_person(supervisor, reference, seen(referral), accounts["paladin"].pk, f"{mark}named")
    note = a_note(officer, referral, f"{mark}note")
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "grey").save(picture, "JPEG", comment=f"{mark}comment".encode())
    filed = (picture.getvalue(), f"{mark}name.jpg", f"{mark}description", f"{mark}sealed")
    document = a_document(officer, referral, *filed)
    decision = a_decision(supervisor, referral, decision=f"{mark}decision")
    crimes(officer, referral, f"01{secrets.randbelow(90000) + 10000}/10")
    subject = a_person(officer, referral, f"{mark}subject Pop")
    address = an_address(officer, referral, f"{mark}address Lane", CaseRole.EXPLOITED)
    a_vehicle(officer, referral, f"AB{secrets.randbelow(90) + 10}CDE", description=f"{mark}vehicle")
    phone = a_phone(officer, referral, f"020 7946 {secrets.randbelow(9000) + 1000}")
    tie = connected(officer, referral, subject, Tie.USES, phone)
    known = Alleged(clock.now() - timedelta(days=9), True, f"{mark}desk", Source.VICTIM, True, f"{mark}why")
    allegation = duties.record_allegation(officer, reference, known, page=secrets.token_urlsafe(8))
    request = None
    if kind == "supported":
        support.ask(supervisor, reference, "operational_support", "SCD9", f"{mark}wanted")
        request = SupportRequest.objects.get(referral=referral)
    file = dossier.ask_for_file(supervisor, reference, f"{mark}recipient", f"{mark}reason")
    if kind == "offered":
        cases.escalate(officer, reference, seen(referral), f"{mark}beyond")
    running = Clock.objects.filter(referral=referral, met_at__isnull=True).order_by("pk").last()
    return Held(
        kind,
        referral,
        (mark, reference),
        {
            "clock": running.pk,
            "note": note.number,
            "document": document.number,
            "decision": decision.number,
            "subject": subject.pk,
            "address": address.pk,
            "victim": victim_of(referral).pk,
            "file": file.pk,
            "allegation": allegation.pk,
            "request": request.pk if request else 1,
            "tie": tie.pk,
            "role": role_of(subject, referral).pk,
            "name": subject.names.first().pk,
            "operation": "UNLINKED",
        },
    )
