"""What does a page say when it cannot be shown? What happened, and what to do next."""

import sys

from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from palermo.domain.access import may_open_in_emergency


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return say(request, 400, "That could not be read", "Go back, reload the page and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception) if exception and str(exception) else "Your role does not include this page."
    return say(request, 403, "You cannot open this", reason)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return say(
        request,
        403,
        "This page had been open for too long",
        "Nothing was saved by this step. Go back, reload the page and send it again.",
    )


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    return say(
        request,
        429,
        "Too many wrong passwords",
        "Wait a quarter of an hour and sign in again. If you have lost the password, ask an administrator for another.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    user = getattr(request, "user", None)
    return say(
        request,
        404,
        "Page not found",
        "There is no such page, or it is not open to you. Check the address, or go to the start page.",
        # to everybody of these roles and at every address, so that it tells nothing of what is there
        opens_in_emergency=bool(user and user.is_authenticated and may_open_in_emergency(user.viewer)),
    )


RETRY_AFTER = 10
"""Seconds after which a client may send again what was not taken."""


def broken(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return unavailable(request)
    return say(
        request,
        500,
        "Something went wrong here",
        "It has been noted. Nothing you had already saved is lost. Go back and try again; "
        "if someone is in danger now, call 999.",
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database is not there, has no room, or waits for too long: drawn without asking it who this is."""
    request.user = AnonymousUser()
    response = say(
        request,
        503,
        "Palermo cannot reach its records just now",
        "Nothing you had already saved is lost. Go back in a minute and send this again: what you typed is still in "
        "the page, and a referral that is sent twice is taken once. If someone is in danger now, call 999.",
    )
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def say(request: HttpRequest, status: int, heading: str, words: str, **more: object) -> HttpResponse:
    return render(request, "error.html", {"heading": heading, "words": words, **more}, status=status)
