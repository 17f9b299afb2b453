from django.apps import AppConfig


class DossierConfig(AppConfig):
    name = "palermo.web.dossier"
    label = "dossier"
