from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "palermo.web.accounts"
    label = "accounts"
