from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "palermo.web.papers"
    label = "papers"
