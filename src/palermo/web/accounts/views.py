"""Signing in and out."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.db import transaction

from palermo.web.accounts import demonstration
from palermo.web.accounts.forms import SignInForm
from palermo.web.audit.actions import Duty, record


class SignIn(LoginView):
    """One page, one form; in a demonstration it lists the accounts one may try."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        with transaction.atomic():
            response = super().form_valid(form)
            record(self.request.user, Duty.ACCESS, "signed_in", f"account:{self.request.user.pk}")
        return response

    def get_context_data(self, **kwargs):
        shown = demonstration.ACCOUNTS if settings.DEMONSTRATION else ()
        return super().get_context_data(accounts=shown, password=demonstration.PASSWORD, **kwargs)
