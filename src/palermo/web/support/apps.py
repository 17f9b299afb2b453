from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "palermo.web.support"
    label = "support"
