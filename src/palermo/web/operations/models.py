"""What is planned, by whom, with what, and what came of it? And what did a tasking meeting have before it and decide?

Of an operation and a meeting only how they stand is changed; plans, scores, entries, agendas and decisions are added.
"""

import secrets
import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from palermo.domain.operations import MeetingState, Section, State
from palermo.web.accounts.models import User
from palermo.web.intake.models import REFERENCE_ALPHABET, Referral


def new_key() -> str:
    """What stands in an operation's address: it tells nothing of how many there are."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


class Draft(models.Model):
    """A proposal begun and not yet made. Nobody but its writer sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="operation_drafts")
    answers = models.JSONField(default=dict)
    begun_at = models.DateTimeField(db_default=Now())
    saved_at = models.DateTimeField(auto_now=True)


class Operation(models.Model):
    """One operation and where it stands. What it is about is its newest plan."""

    key = models.CharField(max_length=20, unique=True, default=new_key, editable=False)
    begun_as = models.UUIDField(unique=True, help_text="the draft that it was: proposed twice it is one operation")
    name = models.CharField(max_length=40)
    state = models.CharField(
        max_length=20, choices=[(one.value, one.words) for one in State], default=State.PROPOSED.value
    )
    version = models.PositiveIntegerField(default=1, help_text="goes up with every move: two people cannot both win")
    proposed_at = models.DateTimeField(help_text="the last time: it may be proposed again after a refusal")
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="one_operation_of_a_name")]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"Operation {self.name}"


class Plan(models.Model):
    """What an operation is for, when, and who leads it, from a moment on. The newest holds."""

    class Kind(models.TextChoices):
        REACTIVE = "reactive", "Reactive: it answers what was reported"
        PROACTIVE = "proactive", "Proactive: it goes out to look"

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField()
    objective = models.TextField()
    kind = models.CharField(max_length=20, choices=Kind)
    nim_level = models.PositiveSmallIntegerField(choices=[(1, "1"), (2, "2"), (3, "3")])
    lead_unit = models.CharField(max_length=40)
    lead_borough = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the last day")
    reason = models.TextField(blank=True, help_text="why it was changed")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "version"], name="one_plan_of_a_number"),
            models.CheckConstraint(condition=Q(version__gte=1), name="plans_start_at_one"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="a_changed_plan_has_a_reason"),
            models.CheckConstraint(condition=~Q(objective=""), name="a_plan_has_an_objective"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a_plan_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(nim_level__in=(1, 2, 3)), name="a_plan_has_a_level"),
        ]


class Resource(models.Model):
    """Officer-days of one function that a plan asks for."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="resources")
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)
    function = models.CharField(max_length=60, blank=True, help_text="the pack's id; empty: the unit as a whole")
    officer_days = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit", "borough", "function"], name="one_line_of_a_function"),
            models.CheckConstraint(condition=Q(officer_days__gte=1), name="a_resource_is_something"),
        ]


class Scoring(models.Model):
    """What a proposal reaches under the matrix of a day, with its levels and why each."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="scorings")
    version = models.PositiveIntegerField()
    pack = models.CharField(max_length=60)
    pack_hash = models.CharField(max_length=64)
    matrix_hash = models.CharField(max_length=64, help_text="of the criteria, their weights and words")
    points = models.PositiveIntegerField()
    most = models.PositiveIntegerField(help_text="what could be reached")
    levels = models.JSONField(help_text="each criterion in its order: name, weight, level, its words, and the reason")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "version"], name="one_scoring_of_a_number"),
            models.CheckConstraint(condition=Q(points__lte=F("most")) & Q(most__gte=1), name="points_within_the_most"),
        ]


class Linked(models.Model):
    """A case that an operation is about, from when, and until when if it was taken out again."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="linked")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="operations")
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "referral"], condition=Q(ended_at__isnull=True), name="linked_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_link_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(ended_because=""), name="the_end_of_a_link_has_a_reason"
            ),
        ]


class Entry(models.Model):
    """Something that came to pass in an operation, on a day. A mistake is put right by an entry that replaces it."""

    day = models.DateField()
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Use(Entry):
    """Officer-days that a function has spent."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="uses")
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)
    function = models.CharField(max_length=60, blank=True)
    officer_days = models.DecimalField(max_digits=7, decimal_places=1)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(officer_days__gt=0) | Q(officer_days=0, replaces__isnull=False), name="use_is_something"
            ),
            models.CheckConstraint(condition=Q(replaces__isnull=True) | ~Q(note=""), name="a_put_right_use_has_a_note"),
        ]


class Result(Entry):
    """What an operation has achieved: a number of people or of things, or an amount in pounds."""

    class Kind(models.TextChoices):
        VICTIMS_IDENTIFIED = "victims_identified", "Potential victims identified"
        VICTIMS_SAFEGUARDED = "victims_safeguarded", "Potential victims made safe"
        ARRESTS = "arrests", "Arrests"
        CHARGES = "charges", "Charges"
        CONVICTIONS = "convictions", "Convictions"
        INTELLIGENCE_REPORTS = "intelligence_reports", "Intelligence reports"
        ASSETS_RESTRAINED = "assets_restrained", "Assets restrained"
        ASSETS_CONFISCATED = "assets_confiscated", "Assets confiscated"

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="results")
    kind = models.CharField(max_length=30, choices=Kind)
    number = models.PositiveIntegerField(null=True)
    pounds = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__startswith="assets_", number__isnull=True, pounds__isnull=False)
                | (~Q(kind__startswith="assets_") & Q(number__isnull=False, pounds__isnull=True)),
                name="assets_are_pounds_and_all_else_is_counted",
            ),
            models.CheckConstraint(
                condition=Q(number__gt=0) | Q(pounds__gt=0) | Q(replaces__isnull=False), name="a_result_is_something"
            ),
            models.CheckConstraint(condition=Q(pounds__isnull=True) | Q(pounds__gte=0), name="assets_are_not_negative"),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(note=""), name="a_put_right_result_has_a_note"
            ),
        ]


class Cost(Entry):
    """What an operation costs, and how certain that is."""

    class Kind(models.TextChoices):
        OVERTIME = "overtime", "Overtime"
        TRAVEL = "travel", "Travel and accommodation"
        PREMISES = "premises", "Premises and vehicles"
        EQUIPMENT = "equipment", "Equipment"
        INTERPRETERS = "interpreters", "Interpreters and translation"
        FORENSICS = "forensics", "Forensic examination"
        VICTIM_CARE = "victim_care", "Care of potential victims"
        OTHER = "other", "Other"

    class Certainty(models.TextChoices):
        ESTIMATED = "estimated", "Estimated: not ordered yet"
        COMMITTED = "committed", "Committed: ordered, not paid yet"
        SPENT = "spent", "Spent: paid"

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(max_length=20, choices=Kind)
    certainty = models.CharField(max_length=20, choices=Certainty)
    pounds = models.DecimalField(max_digits=12, decimal_places=2)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pounds__gt=0) | Q(pounds=0, replaces__isnull=False), name="a_cost_is_something"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(note=""), name="a_put_right_cost_has_a_note"
            ),
        ]


class Report(models.Model):
    """What came of an operation, in words; later ones add to the first."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="reports")
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="a_report_says_something")]


class Event(models.Model):
    """One line of an operation's timeline. Added, never changed."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    says = models.TextField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_words = models.CharField(max_length=200)
    page = models.CharField(
        max_length=64, unique=True, null=True, help_text="the page that was sent: sent twice is recorded once"
    )

    class Meta:
        indexes = [models.Index(fields=["operation", "at", "id"])]


class Meeting(models.Model):
    """One tasking meeting: for whom, on which day, and how far it is. Closed, it never changes."""

    day = models.DateField()
    state = models.CharField(
        max_length=20, choices=[(one.value, one.words) for one in MeetingState], default=MeetingState.PLANNED.value
    )
    version = models.PositiveIntegerField(default=1)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    chair = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", help_text="who opened it")
    present = models.JSONField(default=list, help_text="the posts that were there")
    since = models.DateTimeField(null=True, help_text="from when on referrals are new to it")
    after = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="the last that had all of this before it",
    )
    opened_at = models.DateTimeField(null=True, help_text="the moment of its agenda")
    fixed_at = models.DateTimeField(null=True, help_text="that moment by the database's own clock")
    ahead_from = models.DateField(null=True, help_text="the days that capacity is looked at for")
    ahead_to = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    cancelled_because = models.TextField(blank=True)
    minutes = models.JSONField(null=True, help_text="all that was before it and was decided, as it was closed")
    minutes_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="an_opened_meeting_has_a_chair_and_a_moment",
                condition=Q(state__in=("planned", "cancelled"), opened_at__isnull=True, chair__isnull=True)
                | Q(
                    state__in=("open", "closed"),
                    opened_at__isnull=False,
                    chair__isnull=False,
                    since__isnull=False,
                    ahead_from__isnull=False,
                    ahead_to__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="a_closed_meeting_has_minutes",
                condition=Q(state="closed", closed_at__isnull=False, minutes__isnull=False) & ~Q(minutes_hash="")
                | (~Q(state="closed") & Q(closed_at__isnull=True, minutes__isnull=True, minutes_hash="")),
            ),
            models.CheckConstraint(
                name="a_cancelled_meeting_has_a_reason",
                condition=Q(state="cancelled") & ~Q(cancelled_because="")
                | (~Q(state="cancelled") & Q(cancelled_because="")),
            ),
        ]
        indexes = [models.Index(fields=["-day", "-id"])]


class MeetingFor(models.Model):
    """A unit that a meeting is for; a meeting with none is for the whole response."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="places")
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "unit", "borough"], name="a_unit_meets_once")]


class Decision(models.Model):
    """What a meeting decided, with its reason. Added while it is open, never changed."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approve an operation"
        REFUSE = "refuse", "Refuse an operation"
        DEFER = "defer", "Defer an operation"
        RESOURCE = "resource", "Change what an operation has"
        CASE = "case", "Task a unit on a case"
        OTHER = "other", "Anything else"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, null=True, related_name="decisions")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, related_name="decisions")
    says = models.TextField()
    reason = models.TextField()
    beyond = models.JSONField(default=list, help_text="what it tasks beyond capacity, as the chair was shown it")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="one_meetings_decision_of_a_number"),
            models.CheckConstraint(
                condition=~Q(says="") & ~Q(reason=""), name="a_meetings_decision_has_words_and_a_reason"
            ),
            models.CheckConstraint(
                name="a_meetings_decision_is_about_what_its_kind_says",
                condition=Q(kind__in=("approve", "refuse", "defer", "resource"), operation__isnull=False)
                & Q(referral__isnull=True)
                | Q(kind="case", referral__isnull=False, operation__isnull=True)
                | Q(kind="other", referral__isnull=True, operation__isnull=True),
            ),
        ]


class Task(models.Model):
    """What a decision asks of somebody, by when; and whether it was done."""

    class State(models.TextChoices):
        OPEN = "open", "To do"
        DONE = "done", "Done"
        NOT_DONE = "not_done", "Not done"

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="task")
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)
    account = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="tasks", help_text="a post")
    due_on = models.DateField()
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="an_answered_task_has_a_time_and_a_note",
                condition=Q(state="open", answered_at__isnull=True, note="")
                | (~Q(state="open") & Q(answered_at__isnull=False) & ~Q(note="")),
            )
        ]
        indexes = [models.Index(fields=["unit", "borough"], condition=Q(state="open"), name="open_tasks_of_a_unit")]


class AgendaLine(models.Model):
    """One thing that was before a meeting when it was opened. Added then, never changed."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="agenda")
    section = models.CharField(max_length=20, choices=[(one.value, one.words) for one in Section])
    place = models.PositiveIntegerField(help_text="its place in its section")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, null=True, related_name="+")
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, null=True, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(help_text="ids, codes, numbers and days as they were")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "section", "place"], name="one_line_at_a_place")]


class Addendum(models.Model):
    """What is put right or added to closed minutes. Added, never changed."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="addenda")
    words = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="an_addendum_says_something")]
