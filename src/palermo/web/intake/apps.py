from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "palermo.web.intake"
    label = "intake"
