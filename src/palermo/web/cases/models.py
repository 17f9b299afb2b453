"""What has been done with a referral since it arrived? Its state, its officer, and every offer made of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from palermo.domain.casework import Outcome, State
from palermo.domain.support import CONCERNED, Stage
from palermo.web.accounts.models import User
from palermo.web.intake.models import Clock, FactVersion, Referral, RouteDecision


class Case(models.Model):
    """The work on one referral. The database makes it with the referral (see the migration), so each has one."""

    State = State

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="case", primary_key=True)
    state = models.CharField(
        max_length=20, choices=[(one.value, one.words) for one in State], default=State.RECEIVED.value
    )
    officer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="cases")
    version = models.PositiveIntegerField(default=1, help_text="goes up with every move: two people cannot both win")
    accepted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="set while it is closed")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="with_an_officer_means_there_is_one", condition=~Q(state="allocated") | Q(officer__isnull=False)
            ),
            models.CheckConstraint(
                name="an_investigation_has_an_officer", condition=~Q(state="investigating") | Q(officer__isnull=False)
            ),
            models.CheckConstraint(
                name="closed_means_it_has_a_time",
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["state"], condition=~Q(state="closed"), name="open_cases")]


class QueueLine(models.Model):
    """What queues and counts need of a referral, as it stands now. The database keeps it, and refuses it to all others.

    It follows from the present ownership, the case, the newest facts and their decision, and the clocks (see the
    migrations), and is read in place of them: a queue of tens of thousands is put in order by what is due next.
    """

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="line", primary_key=True)
    reference = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    restricted = models.BooleanField()
    unit = models.CharField(max_length=40)
    borough = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=20)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    exploitation = models.CharField(max_length=40)
    age = models.CharField(max_length=40)
    supporting = ArrayField(
        models.CharField(max_length=40), default=list, help_text="the units that the newest decision names as support"
    )
    facts = models.ForeignKey(
        FactVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, help_text="the newest"
    )
    profile = models.IntegerField(default=0, help_text="of the newest facts, by the vocabulary of their decision")
    vocabulary = models.CharField(max_length=64, blank=True, default="", help_text="its hash")
    known_borough = models.CharField(max_length=60, blank=True, default="", help_text="of the newest facts")
    decided = models.CharField(max_length=40, blank=True, default="", help_text="whom the newest decision names")
    crimes = models.CharField(
        max_length=10,
        db_default="neither",
        help_text="how it stands to the crime records; kept by the stage of the papers",
    )
    untold = models.BooleanField(
        db_default=False,
        help_text="whether a safeguarding partner is to be told and has not been; kept by the stage of support",
    )
    due_at = models.DateTimeField(null=True, help_text="of the running clock that is due next")
    due_what = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # with all that says whether a viewer may know of it, so that it is counted from the index alone
            models.Index(
                fields=["unit", "borough", "crimes"],
                include=["restricted", "state", "officer", "referral"],
                name="lines_of_a_unit",
            ),
            models.Index(fields=["unit"], condition=Q(restricted=True), name="restricted_lines"),
            models.Index(fields=["unit", "borough"], condition=Q(untold=True), name="lines_of_children_untold"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="lines_with_something_due"),
            models.Index(fields=["crimes", "received_at", "referral"], name="lines_by_crimes"),
            # the orders of a queue, over what is open
            *(
                models.Index(fields=fields, condition=~Q(state="closed"), name=f"open_lines_by_{name}")
                for name, fields in {
                    "due": ["due_at", "received_at", "referral"],
                    "receipt": ["received_at", "referral"],
                    "reference": ["reference"],
                    "state": ["state", "received_at", "referral"],
                    "exploitation": ["exploitation", "received_at", "referral"],
                }.items()
            ),
        ]


class Assessment(models.Model):
    """What the first assessment, or a later one, came to. Added, never changed."""

    class Risk(models.TextChoices):
        HIGH = "high", "High: somebody may be harmed now"
        MEDIUM = "medium", "Medium: harm is possible"
        STANDARD = "standard", "Standard: no sign that harm is near"

    class Course(models.TextChoices):
        INVESTIGATE = "investigate", "Investigate"
        FIND_OUT = "find_out", "Find out more before that is decided"
        SUPPORT = "support", "Support the potential victim; no investigation is asked for"
        NOT_TRAFFICKING = "not_trafficking", "This is not trafficking"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="assessments")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    risk = models.CharField(max_length=20, choices=Risk)
    course = models.CharField(max_length=20, choices=Course)
    decision = models.ForeignKey(RouteDecision, on_delete=models.PROTECT, help_text="with the finding it rests on")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="an_assessment_has_a_reason")]


class Suspension(models.Model):
    """Work that stands still for a while, until when it is looked at again, and how that ended."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="suspensions")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    review_on = models.DateField(help_text="the day on which it is looked at again, at the latest")
    state_before = models.CharField(max_length=20)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral"], condition=Q(ended_at__isnull=True), name="one_suspension_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_suspension_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(ended_because=""), name="the_end_of_a_suspension_has_a_reason"
            ),
        ]


class ClockPause(models.Model):
    """A clock that stands still: from when until when, by whom, and why."""

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="pauses")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    due_before = models.DateTimeField(help_text="when it was due when it was paused")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(ended_at__isnull=True), name="one_pause_at_a_time"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_pause_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(ended_because=""), name="the_end_of_a_pause_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("at")), name="a_pause_ends_after_it_began"
            ),
        ]


class Closing(models.Model):
    """With which outcome a case was closed, why, and whether it was opened again."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="closings")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=40, choices=[(one.value, one.words) for one in Outcome])
    reason = models.TextField()
    force = models.CharField(max_length=120, blank=True, help_text="the other force that has accepted it")
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reopened_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral"], condition=Q(reopened_at__isnull=True), name="closed_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_closing_has_a_reason"),
            models.CheckConstraint(
                condition=Q(outcome="passed_to_another_force") ^ Q(force=""), name="passed_on_means_to_a_named_force"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True) | ~Q(reopened_because=""), name="a_reopening_has_a_reason"
            ),
        ]


class Named(models.Model):
    """Somebody whom a restricted referral is open to, by name of account."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="named")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="named_on")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "user"], name="named_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="naming_has_a_reason"),
        ]


class EmergencyOpening(models.Model):
    """Somebody opened a referral that is not open to them, for a reason and a time. Kept as it was made."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    told = models.TextField(help_text="who was told of it at once")

    class Meta:
        indexes = [models.Index(fields=["referral", "until"])]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_a_reason"),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="emergency_ends"),
        ]


class Offer(models.Model):
    """A referral offered to another unit (escalation), to the supervisor to settle (hand-back), or in dispute with it.

    It stays owned. A dispute is answered by the commander: accepted means that the other unit has it from then on.
    """

    class Kind(models.TextChoices):
        ESCALATION = "escalation", "Escalation"
        HAND_BACK = "hand_back", "Hand-back"
        DISPUTE = "dispute", "Dispute"

    class Answer(models.TextChoices):
        ACCEPTED = "accepted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="offers")
    kind = models.CharField(max_length=20, choices=Kind)
    from_unit = models.CharField(max_length=40)
    from_borough = models.CharField(max_length=60, blank=True)
    to_unit = models.CharField(max_length=40, blank=True, help_text="empty: the supervisor is to name it")
    to_borough = models.CharField(max_length=60, blank=True)
    decision = models.ForeignKey(RouteDecision, on_delete=models.PROTECT, null=True)
    reason = models.TextField()
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    state_before = models.CharField(max_length=20, help_text="what a refusal goes back to")
    answer = models.CharField(max_length=20, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral"], condition=Q(answer=""), name="one_open_offer_of_a_referral"),
            models.CheckConstraint(condition=~Q(reason=""), name="an_offer_has_a_reason"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="an_answer_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(answer="refused") | ~Q(answer_reason=""), name="a_refusal_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["to_unit"], condition=Q(answer=""), name="open_offers_to_a_unit")]


class SupportRequest(models.Model):
    """One unit asks another for what it has: advice, covert policing, a financial investigator.

    Where it stands, and which step leads where, is `domain.support`'s. It stays with the referral when the owner
    changes; `from_unit` is who asked.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="support_requests")
    resource = models.CharField(max_length=60, help_text="the pack's id of what is asked for")
    from_unit = models.CharField(max_length=40)
    from_borough = models.CharField(max_length=60, blank=True)
    to_unit = models.CharField(max_length=40)
    wanted = models.TextField(help_text="what is asked for, and why")
    days_wanted = models.DecimalField(max_digits=6, decimal_places=1, null=True, help_text="officer-days, if estimated")
    stage = models.CharField(
        max_length=20, choices=[(one.value, one.words) for one in Stage], default=Stage.ASKED.value
    )
    answer_clock = models.OneToOneField(
        Clock, on_delete=models.PROTECT, null=True, related_name="+", help_text="empty: the pack sets no time"
    )
    decision_clock = models.OneToOneField(
        Clock, on_delete=models.PROTECT, null=True, related_name="+", help_text="of the commander’s decision"
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer_reason = models.TextField(blank=True)
    responsible = models.CharField(max_length=120, blank=True, help_text="the post that answers for what is given")
    disputed_at = models.DateTimeField(null=True)
    disputed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    dispute_reason = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, help_text="withdrawn, or given and over")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    result = models.TextField(blank=True, help_text="what came of it, or why it was withdrawn")
    days_given = models.DecimalField(max_digits=6, decimal_places=1, null=True, help_text="officer-days, where counted")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "resource", "to_unit"],
                condition=Q(stage__in=[one.value for one in CONCERNED]),
                name="one_running_request_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[one.value for one in Stage]), name="a_request_stands_at_a_known_stage"
            ),
            models.CheckConstraint(condition=~Q(wanted=""), name="a_request_says_what_is_wanted"),
            models.CheckConstraint(
                condition=~Q(stage="asked") | Q(answered_at__isnull=True), name="a_request_that_waits_is_not_answered"
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["given", "refused", "disputed", "declined", "ended"])
                | Q(answered_at__isnull=False),
                name="an_answered_request_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["refused", "disputed", "declined"]) | ~Q(answer_reason=""),
                name="a_refused_request_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["disputed", "declined"])
                | (Q(disputed_at__isnull=False) & ~Q(dispute_reason="")),
                name="a_refusal_put_to_the_commander_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | (Q(disputed_at__isnull=False) & ~Q(settled_reason="")),
                name="the_commander_decides_with_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(stage="declined") | Q(settled_at__isnull=False), name="only_the_commander_declines"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["withdrawn", "ended"], ended_at__isnull=False)
                | (~Q(stage__in=["withdrawn", "ended"]) & Q(ended_at__isnull=True)),
                name="what_is_over_has_a_time",
            ),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) | ~Q(result=""), name="an_end_says_what_came"),
            models.CheckConstraint(
                condition=(Q(days_wanted__isnull=True) | Q(days_wanted__gte=0))
                & (Q(days_given__isnull=True) | Q(days_given__gte=0)),
                name="officer_days_are_not_negative",
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_unit"], condition=Q(stage__in=[one.value for one in CONCERNED]), name="requests_to_a_unit"
            )
        ]


class Changeover(models.Model):
    """One night of a changeover: which day, by which policy, by whom, and the certificate that no case was orphaned."""

    day = models.DateField()
    run_at = models.DateTimeField(help_text="by the site's clock")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    by_words = models.CharField(max_length=200, help_text="the post or the command that ran it")
    pack = models.CharField(max_length=60)
    pack_hash = models.CharField(max_length=64)
    certificate = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["-day", "-id"])]


class ChangeoverLine(models.Model):
    """What one night did with one referral. Added with the night, never changed."""

    changeover = models.ForeignKey(Changeover, on_delete=models.PROTECT, related_name="lines")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="changeovers")
    from_unit = models.CharField(max_length=40)
    from_borough = models.CharField(max_length=60, blank=True)
    to_unit = models.CharField(max_length=40)
    to_borough = models.CharField(max_length=60, blank=True)
    rule = models.CharField(max_length=40, blank=True)
    cause = models.CharField(max_length=20, blank=True, help_text="why it moved; empty: only its offer was touched")
    fate = models.CharField(max_length=20, blank=True, help_text="what became of an open offer")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["changeover", "referral"], name="one_line_of_a_night")]
