"""Signing in: who are you?"""

from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxLengthValidator


class SignInForm(AuthenticationForm):
    """The same words whether the account or the password is wrong: neither is given away."""

    error_messages = {
        "invalid_login": "The sign-in name or the password is not right. Check both and try again.",
        "inactive": "The sign-in name or the password is not right. Check both and try again.",
    }

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Sign-in name"
        self.fields["username"].error_messages = {"required": "Enter your sign-in name"}
        # no account has a longer name, and none that long can be noted as wrong
        self.fields["username"].validators.append(MaxLengthValidator(80, self.error_messages["invalid_login"]))
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].error_messages = {"required": "Enter your password"}
