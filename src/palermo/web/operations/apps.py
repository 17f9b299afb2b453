from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "palermo.web.operations"
    label = "operations"
