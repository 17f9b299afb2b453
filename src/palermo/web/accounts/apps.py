from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "palermo.web.accounts"
    label = "accounts"

    def ready(self) -> None:
        from axes.signals import user_locked_out

        from palermo.web.accounts import actions

        user_locked_out.connect(actions.note_lock, dispatch_uid="palermo")
