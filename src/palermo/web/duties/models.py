"""What became of a clock that ran out, and since when has the force known? Rows are added and never changed."""

from django.db import models
from django.db.models import F, Q

from palermo.domain.allegations import Source
from palermo.domain.clocks import LADDER
from palermo.web.accounts.models import User
from palermo.web.intake.models import Clock, Referral


class Breach(models.Model):
    """A clock that ran out has gone up one step, and they were told. Once for each unit that is late; never changed.

    How far it has gone up is worked out from what was due, and not read from here: this says what was told.
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="breaches")
    to = models.CharField(max_length=20, choices=[(to, to) for to in LADDER])
    unit = models.CharField(max_length=40, help_text="whose breach it is: the unit that has to act")
    borough = models.CharField(max_length=60, blank=True)
    row = models.CharField(max_length=40, help_text="the row of the pack that it goes up by")
    pack_hash = models.CharField(max_length=64)
    due_at = models.DateTimeField(help_text="when the clock was due")
    after = models.DateTimeField(help_text="after which moment it goes up")
    told_at = models.DateTimeField()
    told = models.CharField(max_length=300, help_text="who was told, as posts and units")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "to", "unit", "borough"], name="a_breach_goes_up_a_step_once"),
            models.CheckConstraint(
                condition=Q(after__gte=F("due_at"), told_at__gt=F("after")), name="a_breach_is_told_after_it_goes_up"
            ),
            models.CheckConstraint(condition=~Q(told=""), name="a_breach_is_told_to_somebody"),
        ]


class BreachAnswer(models.Model):
    """What whoever leads does about a breach. Added, never changed."""

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="breach_answers")
    key = models.CharField(max_length=64, unique=True, help_text="the same page sent twice is one answer")
    text = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post, as it was called then")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="an_answer_to_a_breach_says_something")]


class Allegation(models.Model):
    """Something that reached the force of what a referral is about. Judged again, it is another row in its place."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="allegations")
    key = models.CharField(max_length=64, unique=True, help_text="the same page sent twice is one allegation")
    reached_at = models.DateTimeField(help_text="where only the day is known, its first moment")
    time_known = models.BooleanField()
    to = models.CharField(max_length=200, help_text="whom or where it reached: a post, a unit, a line")
    source = models.CharField(max_length=20, choices=[(one.value, one.words) for one in Source])
    credible = models.BooleanField()
    why = models.TextField(help_text="why it was held credible, or not")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post, as it was called then")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by", help_text="the one it is judged anew"
    )
    reason = models.TextField(blank=True, help_text="why it was judged again")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(to="") & ~Q(why=""), name="an_allegation_says_to_whom_and_why"),
            models.CheckConstraint(
                condition=Q(reached_at__lte=F("recorded_at")), name="an_allegation_is_recorded_after_it_came"
            ),
            models.CheckConstraint(
                condition=Q(source__in=[one.value for one in Source]), name="an_allegation_has_a_known_source"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True, reason="") | (Q(replaces__isnull=False) & ~Q(reason="")),
                name="judging_again_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["referral", "reached_at"], name="allegations_of_a_referral")]

    @property
    def stands(self) -> bool:
        """Whether no other took its place."""
        return getattr(self, "replaced_by", None) is None
