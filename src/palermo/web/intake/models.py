"""What arrived, what was decided, and who owns it? Rows are added, not changed: the present is the newest row."""

import secrets
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Now

from palermo.web.accounts.models import User

# no vowels, so no words; nothing that is easily taken for something else
REFERENCE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"


class UUIDv7(Func):
    """Keys that sort by the time they were made, given by the database (a function of the first migration)."""

    function = "palermo_uuid7"
    template = "%(function)s()"
    output_field = models.UUIDField()
    arity = 0


def new_reference() -> str:
    """A reference that tells nothing of how many came before it: PAL-XXXX-XXXX."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"PAL-{letters[:4]}-{letters[4:]}"


class Draft(models.Model):
    """A referral begun and not yet sent. Its key becomes the referral's, so sending twice is sending once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    answers = models.JSONField(default=dict)
    begun_at = models.DateTimeField(db_default=Now())
    saved_at = models.DateTimeField(auto_now=True)


class Referral(models.Model):
    """What arrived: who sent it, when, and what they wrote. Never changed; corrections are new fact versions."""

    class Channel(models.TextChoices):
        FORM = "form"
        IMPORT = "import"
        API = "api"
        SAMPLE = "sample"

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    reference = models.CharField(max_length=20, unique=True, default=new_reference)
    submission_key = models.CharField(max_length=120, unique=True, help_text="sent twice with one key is one referral")
    channel = models.CharField(max_length=20, choices=Channel)
    received_at = models.DateTimeField(help_text="when it reached the force; its day picks the remit")
    recorded_at = models.DateTimeField(db_default=Now())
    referring_body = models.CharField(max_length=120)
    sender_reference = models.CharField(max_length=120, blank=True, help_text="what the sender calls it")
    first_responder = models.CharField(max_length=200, blank=True, help_text="how to reach whoever referred: a post")
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="sent")
    sent_by_borough = models.CharField(max_length=60, blank=True)
    account = models.TextField(blank=True, help_text="what happened, in the first responder's words")
    restricted = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["received_at"]), models.Index(fields=["referring_body", "received_at"])]

    def __str__(self) -> str:
        return self.reference


class PotentialVictim(models.Model):
    """A person the referral is about, as far as is known: names in any script, parts of a date."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="potential_victims")
    given_names = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    other_names = models.CharField(max_length=400, blank=True)
    date_of_birth = models.CharField(
        max_length=10, blank=True, help_text="as much as is known: 1991, 1991-04, 1991-04-02"
    )
    sex = models.CharField(max_length=20, blank=True)
    nationality = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=80, blank=True)
    safe_contact = models.TextField(blank=True, help_text="how and when it is safe to reach them")


class FactVersion(models.Model):
    """The facts that the remit reads, as they were known from a moment on."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="fact_versions")
    version = models.PositiveIntegerField()
    facts = models.JSONField(help_text="every field of the vocabulary, and the borough")
    borough = models.CharField(max_length=60, blank=True)
    profile = models.IntegerField(help_text="the facts as one number; see the pack's vocabulary")
    elements = models.JSONField(default=dict, help_text="acts, means, purposes, consent, indicators")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    reason = models.TextField(blank=True, help_text="why it was corrected")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "version"], name="one_fact_version_of_a_number"),
            models.CheckConstraint(condition=Q(version__gte=1), name="fact_versions_start_at_one"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="a_correction_has_a_reason"),
        ]


class RouteDecision(models.Model):
    """What the remit said of one version of the facts: enough to replay it, and it never changes."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    fact_version = models.OneToOneField(FactVersion, on_delete=models.PROTECT, related_name="decision")
    day = models.DateField(help_text="the day whose remit decided")
    pack = models.CharField(max_length=60)
    pack_hash = models.CharField(max_length=64)
    vocabulary_hash = models.CharField(max_length=64)
    profile = models.IntegerField()
    rule = models.CharField(max_length=40)
    owner = models.CharField(max_length=40)
    owner_borough = models.CharField(max_length=60, blank=True)
    nim_level = models.PositiveSmallIntegerField(null=True)
    document = models.JSONField(help_text="the whole decision, as `palermo remit decide` prints it")
    safeguarding_partner = models.GeneratedField(
        expression=KT("document__safeguarding_partner"),
        output_field=models.TextField(null=True),
        db_persist=True,
        help_text="the body outside the force that looks after a child; none for an adult",
    )
    finding = models.CharField(max_length=20)
    finding_document = models.JSONField(help_text="the whole finding, as `palermo assess` prints it")
    decided_at = models.DateTimeField()

    class Meta:
        indexes = [
            # what a rule decided, and when, is counted from the index alone
            models.Index(fields=["pack", "rule"], include=["day", "fact_version"], name="decisions_of_a_rule"),
            models.Index(
                fields=["fact_version"],
                condition=Q(safeguarding_partner__isnull=False),
                name="decisions_with_a_partner",
            ),
        ]


class Ownership(models.Model):
    """Which unit is accountable, from when until when. One at a time, and never none: the database sees to both."""

    class How(models.TextChoices):
        RECEIPT = "receipt", "decided on receipt"
        ESCALATION = "escalation", "escalation accepted"
        HAND_BACK = "hand_back", "hand-back settled"
        CHANGEOVER = "changeover", "changeover"
        CORRECTION = "correction", "a fact was corrected"
        ARBITRATION = "arbitration", "dispute settled"
        REOPENING = "reopening", "reopened after its unit had ended"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="ownerships")
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)
    period = DateTimeRangeField(help_text="from when, until when; no end: the owner today")
    how = models.CharField(max_length=20, choices=How)
    decision = models.ForeignKey(RouteDecision, on_delete=models.PROTECT, related_name="ownerships")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_owner_at_a_time",
                # uuids have no range type of their own; see the migration
                expressions=[
                    (Func(F("referral"), F("referral"), Value("[]"), function="uuidrange"), RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="ownership_has_a_beginning", condition=Q(period__startswith__isnull=False, period__isempty=False)
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "borough"], condition=Q(period__endswith__isnull=True), name="owned_now")
        ]


class Clock(models.Model):
    """Something due, from a starting moment; met, paused, or running. Overdue is worked out, never stored."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="clocks")
    clock = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    holder = models.CharField(max_length=60, help_text="who has to act: owner, safeguarding, supervisor …")
    source = models.CharField(max_length=400)
    counted = models.CharField(max_length=20, default="hours", help_text="hours, days or working_days")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="as things stand: while it is paused, when it was due then")
    paused_at = models.DateTimeField(null=True, help_text="set while it is paused")
    met_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "clock"], condition=Q(met_at__isnull=True), name="one_running_clock_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="due_after_start"),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True) | Q(paused_at__isnull=True), name="what_is_met_is_not_paused"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(met_at__isnull=True, paused_at__isnull=True), name="running_clocks"
            )
        ]

    @property
    def kind(self) -> str:
        """What the pack calls it; behind a colon stands for which of several requests it runs."""
        return self.clock.partition(":")[0]


class Event(models.Model):
    """One line of the timeline: what happened, in words, and who did it. Added, never changed."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    by_words = models.CharField(max_length=200, help_text="the post, the body or the command that acted")
    kind = models.CharField(max_length=40)
    says = models.TextField()
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["referral", "at", "id"])]
