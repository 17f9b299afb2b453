from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "palermo.web.cases"
    label = "cases"
