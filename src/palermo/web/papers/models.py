"""What was noted, filed and decided on a referral? Rows are added and never changed: what is wrong is replaced.

The database numbers them within their referral, from 1 and without a gap (see the migration).
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from palermo.domain.papers import FEWEST_OPTIONS, MOST_OPTIONS, Follows, NoteKind, Standing
from palermo.web.accounts.models import User
from palermo.web.intake.models import Clock, FactVersion, Referral


class Paper(models.Model):
    """What all of them have: whose it is, its number, who wrote it and when."""

    number = models.PositiveIntegerField(db_default=0, editable=False, help_text="the database gives it")
    key = models.CharField(max_length=64, help_text="the same page sent twice is one paper")
    written_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post, as it was called then")

    class Meta:
        abstract = True


def numbered_once(model: str) -> list[models.BaseConstraint]:
    return [
        models.UniqueConstraint(fields=["referral", "number"], name=f"one_{model}_of_a_number"),
        models.UniqueConstraint(fields=["referral", "key"], name=f"one_{model}_of_a_page"),
        models.CheckConstraint(condition=Q(number__gte=1), name=f"a_{model}_is_numbered_from_one"),
    ]


class Note(Paper):
    """What somebody wrote down of the work. A correction is another note that takes its place; both stay."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.words) for kind in NoteKind])
    standing = models.CharField(max_length=10, choices=[(one.value, one.words) for one in Standing])
    text = models.TextField()
    happened_at = models.DateTimeField(help_text="where only the day is known, its first moment")
    time_known = models.BooleanField()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by", help_text="the note it replaces"
    )
    reason = models.TextField(blank=True, help_text="why it replaces the other")

    class Meta:
        constraints = [
            *numbered_once("note"),
            models.CheckConstraint(condition=~Q(text=""), name="a_note_says_something"),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("written_at")), name="a_note_is_written_after_it_happened"
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True, reason="") | (Q(supersedes__isnull=False) & ~Q(reason="")),
                name="a_replaced_note_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["referral", "-happened_at", "-number"], name="notes_of_a_referral")]


NUMBER_OF_OPTIONS = Func(F("options"), function="jsonb_array_length", output_field=models.IntegerField())


class PolicyDecision(Paper):
    """An entry of the senior investigator's decision log: D1, D2 and so on within the referral."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="policy_decisions")
    decision = models.TextField()
    options = models.JSONField(help_text="each with course, for and against; in order")
    chosen = models.PositiveSmallIntegerField(help_text="which of the options, counted from 1")
    reason = models.TextField()
    based_on = models.TextField(help_text="what was known at the time")
    facts = models.ForeignKey(
        FactVersion, on_delete=models.PROTECT, related_name="+", help_text="the newest when it was entered"
    )
    taken_at = models.DateTimeField(help_text="where only the day is known, its first moment")
    time_known = models.BooleanField()
    review_on = models.DateField()
    sensitive_because = models.TextField(blank=True, help_text="empty: it is not marked as sensitive")
    on_investigation = models.BooleanField(help_text="the decision whether and how to investigate (§17)")
    met = models.OneToOneField(
        Clock, on_delete=models.PROTECT, null=True, related_name="+", help_text="the clock that it stopped"
    )
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="later")
    follows = models.CharField(
        max_length=10,
        blank=True,
        choices=[(one.value, one.words) for one in Follows],
        help_text="what it does with the earlier one",
    )

    class Meta:
        constraints = [
            *numbered_once("decision"),
            models.CheckConstraint(
                condition=~Q(decision="") & ~Q(reason="") & ~Q(based_on=""), name="a_decision_says_what_and_why"
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(NUMBER_OF_OPTIONS, FEWEST_OPTIONS)
                & LessThanOrEqual(NUMBER_OF_OPTIONS, MOST_OPTIONS),
                name="a_decision_is_between_options",
            ),
            models.CheckConstraint(
                condition=Q(chosen__gte=1) & GreaterThanOrEqual(NUMBER_OF_OPTIONS, F("chosen")),
                name="one_of_the_options_is_chosen",
            ),
            models.CheckConstraint(
                condition=Q(taken_at__lte=F("written_at")), name="a_decision_is_written_after_it_was_taken"
            ),
            models.CheckConstraint(
                condition=Q(earlier__isnull=True, follows="") | (Q(earlier__isnull=False) & ~Q(follows="")),
                name="a_later_decision_says_what_it_does",
            ),
            models.UniqueConstraint(
                fields=["earlier"], condition=Q(follows=Follows.CHANGED), name="a_decision_is_changed_once"
            ),
            models.CheckConstraint(
                condition=Q(met__isnull=True) | Q(on_investigation=True), name="only_that_decision_meets_the_clock"
            ),
        ]


class Document(Paper):
    """A file, checked before it was kept: what came, what of it is kept, and where."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="documents")
    description = models.TextField()
    name = models.CharField(max_length=120, help_text="as the sender called it; text, never a path")
    kind = models.CharField(max_length=10, help_text="what it was found to be")
    size_came = models.PositiveBigIntegerField()
    sha256_came = models.CharField(max_length=64)
    stored = models.CharField(max_length=32, unique=True, help_text="where the file stands in the store")
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    removed = ArrayField(
        models.CharField(max_length=20), default=list, help_text="what of it was not kept: location, metadata …"
    )
    noticed = ArrayField(
        models.CharField(max_length=20), default=list, help_text="what a reader should know: hidden, formulas …"
    )
    sealed = models.CharField(max_length=32, blank=True, help_text="where the original stands, if it is evidence")
    sealed_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            *numbered_once("document"),
            models.CheckConstraint(condition=~Q(description="") & ~Q(name=""), name="a_document_says_what_it_is"),
            models.CheckConstraint(condition=Q(size__gte=1, size_came__gte=1), name="a_document_is_not_empty"),
            models.CheckConstraint(
                condition=Q(sealed="", sealed_because="") | (~Q(sealed="") & ~Q(sealed_because="")),
                name="a_sealed_original_has_a_reason",
            ),
            models.UniqueConstraint(fields=["sealed"], condition=~Q(sealed=""), name="one_sealed_original"),
        ]

    @property
    def stands(self) -> bool:
        """Whether it is not withdrawn: what is may not be shown, named or given."""
        return not hasattr(self, "withdrawal")


class Withdrawal(models.Model):
    """A document that should not be on its referral: another’s, or one too many. The file stays, for nobody to read."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="withdrawal")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post, as it was called then")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_withdrawal_has_a_reason")]


class CrimeReference(Paper):
    """What the force's crime system has of the referral, or why it has nothing. The newest version counts."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="crime_references")
    crimes = ArrayField(models.CharField(max_length=30), default=list, help_text="the numbers of the crime records")
    none_because = models.TextField(blank=True, help_text="why no crime was recorded")
    reason = models.TextField(blank=True, help_text="why it was changed")

    class Meta:
        constraints = [
            *numbered_once("crime_reference"),
            models.CheckConstraint(
                condition=Q(crimes__len=0) | Q(none_because=""), name="there_is_a_crime_or_a_reason_for_none"
            ),
            # only a change can take everything back: a number that was another referral's
            models.CheckConstraint(
                condition=Q(number__gt=1) | Q(crimes__len__gt=0) | ~Q(none_because=""),
                name="the_first_crime_reference_says_something",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""), name="a_changed_crime_reference_has_a_reason"
            ),
        ]
        indexes = [
            GinIndex(fields=["crimes"], name="referrals_of_a_crime"),
        ]
