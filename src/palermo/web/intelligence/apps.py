from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "palermo.web.intelligence"
    label = "intelligence"
