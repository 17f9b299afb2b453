"""What has been done with a referral since it arrived? Its state, its officer, and every offer made of it."""

from django.db import models
from django.db.models import Q

from palermo.web.accounts.models import User
from palermo.web.intake.models import Referral, RouteDecision


class Case(models.Model):
    """The work on one referral. The database makes it with the referral (see the migration), so each has one."""

    class State(models.TextChoices):
        RECEIVED = "received", "Not yet accepted"
        ACCEPTED = "accepted", "Accepted"
        ALLOCATED = "allocated", "With an officer"
        OFFERED = "offered", "Offered to another unit"
        HANDED_BACK = "handed_back", "Handed back, to be settled"

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="case", primary_key=True)
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="cases")
    version = models.PositiveIntegerField(default=1, help_text="goes up with every move: two people cannot both win")
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="with_an_officer_means_there_is_one", condition=~Q(state="allocated") | Q(officer__isnull=False)
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


class Offer(models.Model):
    """A referral offered to another unit (escalation) or to the supervisor to settle (hand-back); it stays owned."""

    class Kind(models.TextChoices):
        ESCALATION = "escalation", "Escalation"
        HAND_BACK = "hand_back", "Hand-back"

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
    """One unit asks another for what it has: advice, covert policing, a financial investigator."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="support_requests")
    resource = models.CharField(max_length=60, help_text="the pack's id of what is asked for")
    from_unit = models.CharField(max_length=40)
    from_borough = models.CharField(max_length=60, blank=True)
    to_unit = models.CharField(max_length=40)
    wanted = models.TextField(help_text="what is asked for, and why")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="when the answer is due; empty: the pack sets no time")
    answer = models.CharField(max_length=20, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer_reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, help_text="support that was accepted and is over")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    result = models.TextField(blank=True, help_text="what came of it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "resource", "to_unit"],
                condition=Q(ended_at__isnull=True, answer__in=("", "accepted")),
                name="one_running_request_of_a_kind",
            ),
            models.CheckConstraint(condition=~Q(wanted=""), name="a_request_says_what_is_wanted"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="an_answered_request_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(answer="refused") | ~Q(answer_reason=""), name="a_refused_request_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(answer="accepted"), name="only_given_support_ends"
            ),
        ]
        indexes = [models.Index(fields=["to_unit"], condition=Q(answer=""), name="requests_to_a_unit")]


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
