"""What became of a clock that ran out? To whom its breach went up, and what was then done about it."""

from django.db import models
from django.db.models import F, Q

from palermo.domain.clocks import LADDER
from palermo.web.accounts.models import User
from palermo.web.intake.models import Clock


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
