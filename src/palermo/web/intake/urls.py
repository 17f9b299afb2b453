from django.urls import path, register_converter
from django.urls.converters import StringConverter

from palermo.web.intake import views


class PersonToken(StringConverter):
    regex = "[0-9a-f]{8}"


class Reference(StringConverter):
    regex = "[A-Z0-9-]{1,20}"


register_converter(PersonToken, "person")
register_converter(Reference, "reference")

app_name = "intake"
urlpatterns = [
    path("refer/", views.start, name="start"),
    path("refer/new/", views.begin, name="begin"),
    path("refer/<uuid:key>/", views.tasks, name="tasks"),
    path("refer/<uuid:key>/check/", views.check, name="check"),
    path("refer/<uuid:key>/done/", views.done, name="done"),
    path("refer/<uuid:key>/delete/", views.delete, name="delete"),
    path("refer/<uuid:key>/people/", views.people, name="people"),
    path("refer/<uuid:key>/people/<person:person>/remove/", views.remove_person, name="remove-person"),
    path("refer/<uuid:key>/people/<person:person>/<slug:slug>/", views.person_question, name="person-question"),
    path("refer/<uuid:key>/<slug:slug>/", views.question, name="question"),
    path("sent/", views.sent, name="sent"),
    path("sent/<reference:reference>/", views.status, name="status"),
]
