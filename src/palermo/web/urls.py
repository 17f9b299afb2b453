"""Which address is which page? Each stage's own, in the order of the flow."""

from django.shortcuts import redirect
from django.urls import include, path

from palermo.web import navigation


def home(request):
    """The page that the signed-in role starts at."""
    return redirect(navigation.FIRST_PAGE[request.user.viewer.role])


urlpatterns = [
    path("", home, name="home"),
    path("", include("palermo.web.accounts.urls")),
    path("", include("palermo.web.intake.urls")),
    path("", include("palermo.web.cases.urls")),
    path("", include("palermo.web.duties.urls")),
    path("", include("palermo.web.papers.urls")),
    path("", include("palermo.web.people.urls")),
    path("", include("palermo.web.support.urls")),
    path("", include("palermo.web.operations.urls")),
    path("", include("palermo.web.search.urls")),
    path("", include("palermo.web.dossier.urls")),
    path("", include("palermo.web.trail.urls")),
    path("", include("palermo.web.intelligence.urls")),
    path("", include("palermo.web.oversight.urls")),
]

handler400 = "palermo.web.errors.bad_request"
handler403 = "palermo.web.errors.forbidden"
handler404 = "palermo.web.errors.not_found"
handler500 = "palermo.web.errors.broken"
