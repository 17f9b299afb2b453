from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "palermo.web.people"
    label = "people"
