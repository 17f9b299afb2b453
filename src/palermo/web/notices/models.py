"""What has been told to whom? One row a notice; it is on the recipient's page at once, and goes out by e-mail."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from palermo.domain.access import Role
from palermo.web.accounts.models import User


class Notice(models.Model):
    """Something that somebody has to know of. It carries references and dates, and no text of a record."""

    key = models.CharField(max_length=160, unique=True, help_text="the same thing is told once")
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=20, blank=True, help_text="the referral it is about")
    says = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    unit = models.CharField(max_length=40, blank=True, help_text="to whoever works there; with a role, only to them")
    borough = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=40, blank=True, choices=[(role.value, role.words) for role in Role])
    account = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="notices")
    body = models.CharField(max_length=160, blank=True, help_text="a body outside the force")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_notice_is_to_somebody",
                condition=~Q(unit="") | ~Q(role="") | Q(account__isnull=False) | ~Q(body=""),
            ),
            models.CheckConstraint(condition=~Q(says=""), name="a_notice_says_something"),
        ]
        indexes = [
            models.Index(fields=["unit", "borough", "-at"]),
            models.Index(fields=["reference"]),
        ]
