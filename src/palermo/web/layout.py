"""How does a page get its clothes? Jinja2, the GOV.UK macros, Django's forms drawn by them, and static files."""

from datetime import date, datetime

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.forms.renderers import BaseRenderer
from django.http import HttpRequest
from django.template import engines
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from palermo.web import clock, navigation

GOVUK = "govuk_frontend_jinja"
SECONDS = 2
"""Between two looks at something that is under way."""


class StaticFiles(ManifestStaticFilesStorage):
    """Names with a hash of their content; scripts that import one another are renamed too."""

    support_js_module_import_aggregation = True


def environment(**options) -> Environment:
    options["loader"] = ChoiceLoader(
        [options["loader"] or FileSystemLoader([]), PrefixLoader({GOVUK: PackageLoader(GOVUK)})]
    )
    options.update(trim_blocks=True, lstrip_blocks=True)
    made = Environment(**{**options, "autoescape": True})  # noqa: S701 - it is set
    made.globals.update(static=static, url=page_url, now=clock.now)
    made.filters.update(day=day_words, moment=moment_words, left=time_left)
    made.tests["past"] = lambda moment: moment < clock.now()
    return made


def page_url(name: str, *args: object, **kwargs: object) -> str:
    return reverse(name, args=args, kwargs=kwargs)


def day_words(value: date | datetime | str | None) -> str:
    """1 April 2010; a dash where there is none."""
    if not value:
        return "–"
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return f"{value.day} {value:%B %Y}"


def moment_words(value: datetime | None) -> str:
    """1 April 2010 at 9:05am."""
    if not value:
        return "–"
    value = timezone.localtime(value)
    hour = value.hour % 12 or 12
    return f"{day_words(value)} at {hour}:{value:%M}{'am' if value.hour < 12 else 'pm'}"


def time_left(due: datetime) -> str:
    """“2 days left”, “3 hours overdue”: the largest unit that tells."""
    seconds = int((due - clock.now()).total_seconds())
    size = abs(seconds)
    length, unit = next((scale for scale in ((86_400, "day"), (3_600, "hour")) if size >= scale[0]), (60, "minute"))
    number = size // length
    amount = f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{amount} left" if seconds >= 0 else f"{amount} overdue"


def context(request: HttpRequest) -> dict[str, object]:
    """What every page has: who is signed in, where they may go, and whether this is a demonstration."""
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    return {
        "user": user,
        "signed_in": signed_in,
        "navigation": navigation.links(user.viewer, request.path) if signed_in else [],
        "demonstration": settings.DEMONSTRATION,
        "path": request.path,
    }


def looks_again(request: HttpRequest) -> int | None:
    """The seconds after which a page about something under way looks again; None where its reader has stopped that.

    For `refresh` of `govuk/progress.html`, where it is said how a page uses it.
    """
    return None if "still" in request.GET else SECONDS


class GovukRenderer(BaseRenderer):
    """Django's forms drawn with the design system's macros: `{{ form }}` gives labels, hints and errors."""

    form_template_name = "govuk/form.html"
    field_template_name = "govuk/field.html"

    def get_template(self, template_name: str):
        return engines["jinja2"].get_template(template_name)
