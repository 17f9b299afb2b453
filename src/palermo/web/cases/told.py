"""What has been told to whoever asks? Their notices, and what did not go out by e-mail."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from palermo.domain.access import WORKING, Role
from palermo.web import navigation
from palermo.web.cases import queries
from palermo.web.notices import actions

SENDING = WORKING | {Role.COMMANDER, Role.AUDITOR, Role.ADMINISTRATOR}
"""Who sees what did not go out; all but the auditor may have it tried again."""
MOST = 99
"""Up to how many are counted at the top of every page."""


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """The notices for the caller; what is sent here marks one, or all that were there, as read."""
    viewer = request.user.viewer
    if viewer.role not in navigation.INSIDE:
        raise PermissionDenied("Notices are for those who work in the force. What you sent is under Sent.")
    if request.method == "POST":
        found = queries.unread(viewer)
        if (one := number(request.POST, "read")) is not None:
            found = found.filter(pk=one)
        else:
            # what came after the page was made has not been seen
            found = found.filter(pk__lte=number(request.POST, "all") or 0)
        actions.mark_read(request.user, found.values_list("pk", flat=True))
        return redirect(reverse("cases:notices"))
    asked = number(request.GET, "page") or 1
    page = queries.notices_for(request.user, asked)
    if not page.notices and page.number > 1:
        return redirect(reverse("cases:notices"))
    sends = viewer.role in SENDING
    context = {
        "page": page,
        "newest": max((one.key for one in page.notices if one.unread), default=0),
        "sends": sends,
        "not_sent": queries.not_sent(viewer).count() if sends else 0,
    }
    return render(request, "cases/notices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def not_sent(request: HttpRequest) -> HttpResponse:
    """What did not go out by e-mail; what is sent here has one tried again."""
    viewer = request.user.viewer
    if viewer.role not in SENDING:
        raise PermissionDenied("Your role sees no referrals, and so nothing of what is sent about them.")
    if request.method == "POST":
        if viewer.role is Role.AUDITOR:
            raise PermissionDenied("An auditor reads and changes nothing.")
        key = number(request.POST, "again")
        if key is not None and queries.not_sent(viewer).filter(pk=key).exists():
            actions.send_again(request.user, key)
        return redirect(f"{reverse('cases:notices-not-sent')}?again=1")
    page = queries.not_sent_for(request.user, request.GET.get("page", 1))
    context = {"page": page, "tries": viewer.role is not Role.AUDITOR, "tried": "again" in request.GET}
    return render(request, "cases/notices_not_sent.html", context)


def number(sent: QueryDict, name: str) -> int | None:
    given = sent.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def context(request: HttpRequest) -> dict[str, object]:
    """For every page: how many notices the caller has not marked as read."""
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated and user.viewer.role in navigation.INSIDE):
        return {}
    try:
        unread = queries.how_many_unread(user.viewer, actions.up_to_date(user.viewer), MOST + 1)
    except Error:
        # the page that says that something is broken is drawn all the same
        return {}
    return {"unread": f"{MOST}+" if unread > MOST else unread}
