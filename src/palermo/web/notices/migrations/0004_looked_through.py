"""How far an account’s notices were looked through, so that every page can say how many it has not read."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_user_email"),
        ("notices", "0003_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="LookedThrough",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "told_as",
                    models.TextField(
                        help_text="the role, unit and so on by which it was told; of others this says nothing"
                    ),
                ),
                ("at", models.DateTimeField(help_text="by the database's own clock")),
                ("up_to", models.BigIntegerField()),
                ("unread", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["-at", "-id"], name="notices_by_time"),
        ),
    ]
