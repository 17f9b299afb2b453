"""Who is signed in, in which role, for which unit or body? Accounts are posts; people's names are not kept."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from palermo.domain.access import Role, Viewer


class Accounts(BaseUserManager):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A post with a sign-in."""

    username = models.CharField(max_length=80, unique=True)
    post = models.CharField(max_length=120, help_text="the post as others see it: officer, SCD9")
    role = models.CharField(max_length=40, choices=[(role.value, role.words) for role in Role])
    unit = models.CharField(max_length=40, blank=True, help_text="the unit's id in the pack; empty outside the force")
    borough = models.CharField(max_length=60, blank=True, help_text="for the officers of a borough")
    body = models.CharField(max_length=120, blank=True, help_text="the referring body of a partner")
    email = models.EmailField(blank=True, help_text="where notices go: the post's mailbox, not a person's")
    is_active = models.BooleanField(default=True)

    objects = Accounts()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["post", "role"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="partners_have_a_body_and_no_unit",
                condition=(models.Q(role=Role.PARTNER) & ~models.Q(body="") & models.Q(unit=""))
                | (~models.Q(role=Role.PARTNER) & models.Q(body="")),
            ),
        ]

    def __str__(self) -> str:
        return self.post

    @property
    def audit_name(self) -> str:
        return f"user:{self.pk}"

    @property
    def viewer(self) -> Viewer:
        """The account as the access rules see it."""
        return Viewer(id=self.pk, role=Role(self.role), unit=self.unit, borough=self.borough, body=self.body)
