from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "palermo.web.duties"
    label = "duties"
