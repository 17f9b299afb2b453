from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "palermo.web.trail"
    label = "trail"
