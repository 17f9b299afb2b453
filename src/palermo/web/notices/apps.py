from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "palermo.web.notices"
    label = "notices"
