"""What was said to the body outside the force that looks after a child with it, and what did it answer?"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from palermo.web.accounts.models import User
from palermo.web.intake.models import Ownership, Referral, RouteDecision


class SafeguardingContact(models.Model):
    """One contact with the safeguarding partner of a referral. Added, never changed (see the migration).

    `decision` names the partner, `ownership` the unit that owned the referral then: where either is another now, the
    partner is to be told again.
    """

    class Kind(models.TextChoices):
        TOLD = "told", "The partner was told"
        ANSWERED = "answered", "The partner answered"
        FURTHER = "further", "Further contact"
        AGREED = "agreed", "Something was agreed"

    class How(models.TextChoices):
        TELEPHONE = "telephone", "By telephone"
        EMAIL = "email", "By secure e-mail"
        IN_PERSON = "in_person", "In person"
        MEETING = "meeting", "At a meeting"
        LETTER = "letter", "By letter or form"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="safeguarding_contacts")
    key = models.CharField(max_length=64, help_text="the same page sent twice is one contact")
    kind = models.CharField(max_length=20, choices=Kind)
    decision = models.ForeignKey(RouteDecision, on_delete=models.PROTECT, related_name="+")
    ownership = models.ForeignKey(Ownership, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="when it was")
    how = models.CharField(max_length=20, choices=How)
    to_post = models.CharField(max_length=120, help_text="the partner's post that was spoken to")
    their_reference = models.CharField(max_length=120, blank=True, help_text="what the partner calls it")
    says = models.TextField(help_text="what was said")
    does = models.TextField(blank=True, help_text="what the partner does, and by when")
    written_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post, as it was called then")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "key"], name="one_contact_of_a_page"),
            models.CheckConstraint(
                condition=Q(kind__in=["told", "answered", "further", "agreed"]), name="a_contact_is_of_a_known_kind"
            ),
            models.CheckConstraint(condition=~Q(to_post=""), name="a_contact_is_with_a_post"),
            models.CheckConstraint(condition=~Q(says=""), name="a_contact_says_what_was_said"),
            models.CheckConstraint(condition=Q(at__lte=models.F("written_at")), name="a_contact_has_been"),
        ]
        indexes = [models.Index(fields=["referral"], condition=Q(kind="told"), name="partners_told")]
