"""What did a supervisor find in the sample of a month?"""

from django.db import models

from palermo.web.accounts.models import User


class Review(models.Model):
    """A supervisor's answer to one opening of the month's sample, by the id of its entry."""

    class Finding(models.TextChoices):
        IN_ORDER = "in_order", "It was for work on this referral"
        ASKED = "asked", "I have asked about it, and am content"
        REFERRED = "referred", "I have referred it to professional standards"

    entry = models.BigIntegerField(unique=True)
    finding = models.CharField(max_length=20, choices=Finding)
    note = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(finding="in_order") | ~models.Q(note=""), name="what_was_asked_is_noted"
            ),
        ]
