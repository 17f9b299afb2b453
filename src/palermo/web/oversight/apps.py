from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "palermo.web.oversight"
    label = "oversight"
