import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import palermo.web.intake.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        # its function that makes keys
        ("intake", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Estimate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=palermo.web.intake.models.UUIDv7(), editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("asked_at", models.DateTimeField(help_text="by the site's clock")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), help_text="by the database's own clock"
                    ),
                ),
                ("table", models.TextField(help_text="the counts as CSV, in the form that `palermo estimate` reads")),
                ("lists", models.JSONField(help_text="the names of the lists")),
                ("observed", models.PositiveIntegerField(help_text="people on at least one list")),
                ("inputs_sha256", models.CharField(max_length=64)),
                ("scope", models.JSONField(help_text="whom the lists are about, where, when and by what definition")),
                ("seed", models.PositiveIntegerField()),
                ("smallest_shown", models.PositiveSmallIntegerField(help_text="0: every count is shown as it is")),
                ("version", models.CharField(help_text="of Palermo, which makes the estimate", max_length=40)),
                (
                    "key",
                    models.CharField(
                        help_text="SHA-256 of all that the outcome depends on", max_length=64, unique=True
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "estimate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="outcome",
                        serialize=False,
                        to="intelligence.estimate",
                    ),
                ),
                ("made_at", models.DateTimeField(help_text="by the site's clock")),
                (
                    "lowest",
                    models.FloatField(help_text="of the methods' figures; nothing where no estimate exists", null=True),
                ),
                ("highest", models.FloatField(null=True)),
                ("lower", models.FloatField(help_text="the outermost of the methods' limits", null=True)),
                ("upper", models.FloatField(help_text="nothing where there is no upper limit", null=True)),
                ("seconds", models.FloatField()),
                ("versions", models.JSONField(help_text="of what it was made with")),
                ("sections", models.TextField(help_text="the panel as a part of our page")),
                ("html", models.TextField(help_text="the panel as a page of its own")),
                ("document", models.TextField(help_text="the panel as JSON")),
                ("pdf", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), help_text="by the database's own clock"
                    ),
                ),
                ("taken_up", models.BooleanField(default=False, help_text="the process has begun, and held its lock")),
                ("step", models.CharField(blank=True, max_length=60)),
                ("steps_begun", models.PositiveSmallIntegerField(default=0)),
                ("failure", models.TextField(blank=True, help_text="why it gave nothing, for whoever asked")),
                (
                    "estimate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="intelligence.estimate"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="estimate",
            index=models.Index(fields=["-asked_at"], name="intelligenc_asked_a_0f1412_idx"),
        ),
    ]
