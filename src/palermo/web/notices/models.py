"""What has been told to whom? One row a notice; it is on the recipient's page at once, and goes out by e-mail."""

from django.contrib.postgres.fields import ArrayField
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
    goes_out = models.BooleanField(default=True, help_text="by e-mail; not what was told before it was loaded here")

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
            models.Index(fields=["-at", "-id"], name="notices_by_time"),
        ]


class Delivery(models.Model):
    """A notice that goes to an address: once to each, however many accounts have it. Never changed."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    address = models.EmailField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "address"], name="once_to_an_address")]


class Step(models.Model):
    """What became of a delivery: that it is tried stands here before it is, so that a crash in between is seen."""

    class What(models.TextChoices):
        BEGUN = "begun", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Did not go out; it is tried again"
        UNCLEAR = "unclear", "Whether it went out is not known"
        REFUSED = "refused", "Not accepted for this address"
        GIVEN_UP = "given_up", "Whether it went out is not known; it is not sent a third time"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=20, choices=What)
    because = models.CharField(max_length=80, blank=True, help_text="the kind of fault and the server's code")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(what__in=("sent", "refused", "given_up")),
                name="a_delivery_ends_once",
            ),
        ]


class Reading(models.Model):
    """An account has marked a notice as read."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="readings")
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="by the site's clock")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "account"], name="read_once")]


class LookedThrough(models.Model):
    """Up to which notice an account’s were looked through, and which of those it had not read.

    Only to count quickly: what is unread follows from the readings. Neither a notice nor a reading is ever taken back,
    so whatever is unread up to there now is among these.
    """

    account = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    told_as = models.TextField(help_text="the role, unit and so on by which it was told; of others this says nothing")
    at = models.DateTimeField(help_text="by the database's own clock")
    up_to = models.BigIntegerField()
    unread = ArrayField(models.BigIntegerField())
