"""Which files were asked for, for whom and why, and what became of each? The file itself stands on disk for a while."""

from django.db import models
from django.db.models import Q

from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral, UUIDv7


class CaseFile(models.Model):
    """One making of the duty-to-investigate file of a referral."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="case_files")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post or the command that asked")
    recipient = models.CharField(max_length=200, help_text="for whom it is")
    reason = models.TextField(help_text="why they get it")
    step = models.CharField(max_length=80, blank=True, help_text="what is being made now")
    made_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the whole file")
    manifest_sha256 = models.CharField(max_length=64, blank=True, help_text="of the list of what is in it")
    failure = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField(null=True, help_text="what stood on disk is gone; the row stays")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(recipient="") & ~Q(reason=""), name="a_file_is_for_somebody_and_why"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, sha256="") | (Q(made_at__isnull=False) & ~Q(sha256="")),
                name="a_file_that_is_made_has_its_hash",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(made_at__isnull=False), name="only_a_made_file_is_removed"
            ),
        ]
        indexes = [models.Index(fields=["referral", "-asked_at"], name="files_of_a_referral")]
