from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "palermo.web.search"
    label = "search"
