"""People and places of invented cases, in short calls."""

import html
import re
import uuid
from uuid import UUID

from palermo.domain.people import CaseRole, Grounds, Kind, Tie
from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral
from palermo.web.people import actions
from palermo.web.people.actions import HowKnown, NameGiven
from palermo.web.people.models import Connection, Entity, Involvement

SAID = {"grounds": "fact", "said": "passport seen", "source": "statement of 3 June"}
"""What a form sends of how something is known."""


def how(grounds: Grounds = Grounds.FACT, **other: str) -> HowKnown:
    return HowKnown(**{"grounds": grounds, "said": "passport seen", "source": "statement of 3 June", **other})


def a_person(
    user: User, referral: Referral, name: str = "Radu Pop", role: CaseRole = CaseRole.SUBJECT, **known: str
) -> Entity:
    return actions.add_record(
        user,
        referral.reference,
        Kind.PERSON,
        role,
        how(**known),
        {},
        key=uuid.uuid4(),
        name=NameGiven("used", name) if name else None,
    )


def an_address(
    user: User,
    referral: Referral,
    lines: str = "12 Salt Lane",
    role: CaseRole = CaseRole.EXPLOITED,
    *,
    about: UUID | None = None,
    **content: object,
) -> Entity:
    content = {"lines": lines, **content}
    return actions.add_record(
        user, referral.reference, Kind.ADDRESS, role, how(), content, key=uuid.uuid4(), about=about
    )


def a_vehicle(user: User, referral: Referral, registration: str = "AB10 CDE", **content: object) -> Entity:
    content = {"registration": registration, **content}
    return actions.add_record(user, referral.reference, Kind.VEHICLE, CaseRole.SEEN, how(), content, key=uuid.uuid4())


def a_phone(
    user: User, referral: Referral, given: str = "020 7946 0000", *, about: UUID | None = None, **content: object
) -> Entity:
    content = {"sort": "phone", "given": given, **content}
    return actions.add_record(
        user, referral.reference, Kind.PHONE, CaseRole.USED, how(), content, key=uuid.uuid4(), about=about
    )


def victim_of(referral: Referral) -> Entity:
    """Whom the referral told of first."""
    return Involvement.objects.filter(referral=referral, role="potential_victim").order_by("pk")[0].entity


def role_of(entity: Entity, referral: Referral) -> Involvement:
    """As what it stands there now."""
    return Involvement.objects.get(entity=entity, referral=referral, ended_at__isnull=True)


def connected(user: User, referral: Referral, one: Entity, tie: Tie, other: Entity, **known: str) -> Connection:
    return actions.connect(user, referral.reference, one.pk, other.pk, tie, how(**known))


def page_of(client, entity: Entity, referral: Referral | None = None, side: str = "") -> str:
    response = client.get(f"/people/{entity.pk}/", {"in": referral.reference if referral else "", "as": side})
    assert response.status_code == 200, response.status_code
    return html.unescape(response.content.decode())


def case_page_of(client, referral: Referral) -> str:
    response = client.get(f"/referrals/{referral.reference}/people/")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def hidden_fields(response) -> dict[str, str]:
    """What the form of a page sends with what is typed."""
    found = re.findall(r'<input type="hidden" name="(seen|page)" value="([^"]*)"', response.content.decode())
    return {name: html.unescape(value) for name, value in found}
