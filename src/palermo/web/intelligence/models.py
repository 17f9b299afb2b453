"""What was asked of which counts, how far is it, and what came out? What was asked and what came out never changes."""

from django.db import models
from django.db.models.functions import Now

from palermo.web.accounts.models import User
from palermo.web.intake.models import UUIDv7


class Estimate(models.Model):
    """Linked lists as counts, and what was asked of them. There are no names of people in it."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    title = models.CharField(max_length=120)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(help_text="by the site's clock")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="by the database's own clock")
    table = models.TextField(help_text="the counts as CSV, in the form that `palermo estimate` reads")
    lists = models.JSONField(help_text="the names of the lists")
    observed = models.PositiveIntegerField(help_text="people on at least one list")
    inputs_sha256 = models.CharField(max_length=64)
    scope = models.JSONField(help_text="whom the lists are about, where, when and by what definition")
    seed = models.PositiveIntegerField()
    smallest_shown = models.PositiveSmallIntegerField(help_text="0: every count is shown as it is")
    version = models.CharField(max_length=40, help_text="of Palermo, which makes the estimate")
    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of all that the outcome depends on")

    class Meta:
        indexes = [models.Index(fields=["-asked_at"])]


class Run(models.Model):
    """One job that makes an estimate, and how far it is. Whether it waits, or its worker is gone, the queue knows."""

    estimate = models.ForeignKey(Estimate, on_delete=models.PROTECT, related_name="runs")
    started_at = models.DateTimeField(db_default=Now(), help_text="by the database's own clock")
    job = models.BigIntegerField(null=True, help_text="its key in the queue")
    step = models.CharField(max_length=60, blank=True)
    steps_begun = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True, help_text="why it gave nothing, for whoever asked")


class Outcome(models.Model):
    """What came out, as it was made: the pages are kept, so that a later version does not change what was read."""

    estimate = models.OneToOneField(Estimate, on_delete=models.PROTECT, primary_key=True, related_name="outcome")
    made_at = models.DateTimeField(help_text="by the site's clock")
    lowest = models.FloatField(null=True, help_text="of the methods' figures; nothing where no estimate exists")
    highest = models.FloatField(null=True)
    lower = models.FloatField(null=True, help_text="the outermost of the methods' limits")
    upper = models.FloatField(null=True, help_text="nothing where there is no upper limit")
    seconds = models.FloatField()
    versions = models.JSONField(help_text="of what it was made with")
    sections = models.TextField(help_text="the panel as a part of our page")
    html = models.TextField(help_text="the panel as a page of its own")
    document = models.TextField(help_text="the panel as JSON")
    pdf = models.BinaryField()
