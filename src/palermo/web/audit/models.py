"""Who did what to which record, when? Entries outlive their subject: no foreign keys, ids and codes only."""

from django.db import models
from django.db.models.functions import Now


class Duty(models.TextChoices):
    """What data protection law asks to be logged (Data Protection Act 2018 s62), and signing in."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    ACCESS = "access"


class Entry(models.Model):
    """One act. The database refuses to change or remove it (see the migration)."""

    at = models.DateTimeField(help_text="by the site's clock; a demonstration's runs in the days of its pack")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="by the database's own clock")
    actor = models.CharField(max_length=80, help_text="the account's id, or the command that acted")
    role = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    duty = models.CharField(max_length=20, choices=Duty)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="kind and reference: referral:PAL-…")
    detail = models.JSONField(default=dict, help_text="ids, codes and dates; never text from the record")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"]),
            models.Index(fields=["actor", "id"]),
        ]
