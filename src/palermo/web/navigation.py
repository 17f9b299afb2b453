"""Where may each role go? The links at the top of every page, and the page each role starts at."""

from dataclasses import dataclass

from django.urls import reverse

from palermo.domain.access import Role, Viewer


@dataclass(frozen=True, slots=True)
class Place:
    """A page that stands in the navigation of some roles."""

    words: str
    name: str
    roles: frozenset[Role]


EVERYONE = frozenset(Role)
INSIDE = EVERYONE - {Role.PARTNER}
PLACES = (
    Place("Refer", "intake:start", frozenset({Role.PARTNER, Role.OFFICER, Role.SUPERVISOR})),
    Place("Sent", "intake:sent", frozenset({Role.PARTNER, Role.OFFICER, Role.SUPERVISOR})),
    Place("Queue", "cases:my-queue", frozenset({Role.OFFICER, Role.SUPERVISOR})),
    Place("All queues", "cases:queues", frozenset({Role.COMMANDER, Role.AUDITOR})),
    Place("Search", "search:search", frozenset({Role.OFFICER, Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})),
    Place("Overdue", "duties:breaches", frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})),
    Place("Crimes", "papers:crimes", frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})),
    Place("Notices", "cases:notices", INSIDE),
    Place("Support", "support:requests", frozenset({Role.OFFICER, Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})),
    Place("Tasks", "operations:tasks", frozenset({Role.OFFICER, Role.SUPERVISOR, Role.COMMANDER})),
    Place(
        "Operations",
        "operations:operations",
        frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ANALYST, Role.COMMANDER, Role.AUDITOR}),
    ),
    Place("Tasking", "operations:meetings", frozenset({Role.SUPERVISOR, Role.COMMANDER, Role.AUDITOR})),
    Place("Trail", "trail:trail", frozenset({Role.SUPERVISOR, Role.AUDITOR})),
    Place("Estimates", "intelligence:estimates", frozenset({Role.ANALYST, Role.COMMANDER, Role.AUDITOR})),
    Place("Who owns this?", "oversight:who-owns-this", INSIDE),
    Place("Organisation", "oversight:organisation", INSIDE),
    Place("Policy", "oversight:policy", INSIDE),
)
FIRST_PAGE = {
    Role.PARTNER: "intake:sent",
    Role.OFFICER: "cases:my-queue",
    Role.SUPERVISOR: "cases:my-queue",
    Role.ANALYST: "oversight:organisation",
    Role.COMMANDER: "cases:queues",
    Role.AUDITOR: "cases:queues",
    Role.ADMINISTRATOR: "oversight:policy",
}


def links(viewer: Viewer, path: str) -> list[dict[str, object]]:
    """The service navigation of a viewer, with the place they are at marked."""
    found = []
    for place in PLACES:
        if viewer.role in place.roles:
            href = reverse(place.name)
            found.append({"name": place.name, "text": place.words, "href": href, "active": path.startswith(href)})
    return found
