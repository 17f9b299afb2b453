"""Who may look at the policy and at the organisation? Everybody inside the force; reading policy reads no record."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from palermo.web import navigation

REASON = (
    "The policy and the organisation are open to people inside the force. "
    "Your account is a partner's: it refers, and follows what your organisation sent."
)


def inside_the_force(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, for those inside the force; 403 with the reason for a partner. Nothing is sent to these pages."""

    @require_safe
    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.viewer.role not in navigation.INSIDE:
            raise PermissionDenied(REASON)
        return view(request, *args, **kwargs)

    return opened
