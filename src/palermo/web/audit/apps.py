from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "palermo.web.audit"
    label = "audit"
