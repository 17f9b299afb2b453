"""Who and what is a case about, as what, and how are they connected? Rows are added and ended, never rewritten.

For search: what is present of a person are the rows of `Name` without `ended_at` (`words` as written, `key` folded by
the database); of an address `AddressVersion` (`lines`, `postcode`, `postcode_key`), of a vehicle `VehicleVersion`
(`registration_key`, `description`), of a phone or an online name `PhoneVersion` (`given`, `key`), each without
`replaced_at`. Whatever is found passes through `queries.cards_for` before anybody sees it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q

from palermo.domain.people import Kind, roles_of
from palermo.web.accounts.models import User
from palermo.web.intake.models import PotentialVictim, Referral, UUIDv7


class Entity(models.Model):
    """A person, an address, a vehicle or a phone: one record, whichever cases it is in. Versions say what is known."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    kind = models.CharField(max_length=20, help_text="a `domain.people.Kind`")
    arrived = models.OneToOneField(
        PotentialVictim,
        on_delete=models.PROTECT,
        null=True,
        related_name="entity",
        help_text="whom a referral told of; the database adds it (see the migration)",
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")


class Version(models.Model):
    """What is known from a moment on, in whose record it was written, and why. The present one is not replaced."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="%(class)ss")
    number = models.PositiveIntegerField()
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True, help_text="why it was changed")
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["entity", "number"], name="one_%(class)s_of_a_number"),
            models.UniqueConstraint(
                fields=["entity"], condition=Q(replaced_at__isnull=True), name="one_present_%(class)s"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="%(class)ss_start_at_one"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="a_changed_%(class)s_has_a_reason"),
        ]


class PersonVersion(Version):
    """What is known of a person beside the names."""

    born = models.CharField(max_length=24, blank=True, help_text="see `domain.partial_dates`")
    sex = models.CharField(max_length=20, blank=True)
    nationalities = ArrayField(models.TextField(), default=list)
    languages = ArrayField(models.TextField(), default=list)
    papers = ArrayField(
        models.TextField(), default=list, help_text="identity papers: what, its number, of which country"
    )


class AddressVersion(Version):
    """Where a place is. `secret`: only those who answer for the case open it, from a potential victim's page."""

    lines = models.TextField(help_text="as an envelope has it, without postcode and country")
    borough = models.CharField(max_length=60, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    postcode_key = models.CharField(max_length=20, blank=True, help_text="see `domain.people.code_key`")
    country = models.CharField(max_length=80, blank=True, help_text="empty: not known, or here")
    secret = models.BooleanField(default=False)


class VehicleVersion(Version):
    """What is known of a vehicle."""

    registration = models.CharField(max_length=40, blank=True)
    registration_key = models.CharField(max_length=40, blank=True, help_text="see `domain.people.code_key`")
    country = models.CharField(max_length=80, blank=True)
    description = models.TextField(blank=True, help_text="make, model, colour, what is striking")


class PhoneVersion(Version):
    """A number, an email address or a name online."""

    class Sort(models.TextChoices):
        PHONE = "phone", "Phone number"
        EMAIL = "email", "Email address"
        ONLINE = "online", "Online name"

    sort = models.CharField(max_length=20, choices=Sort)
    given = models.CharField(max_length=200, help_text="as it was given")
    key = models.CharField(max_length=200, blank=True, help_text="see `domain.people.phone_key` and `address_key`")
    service = models.CharField(max_length=80, blank=True, help_text="where an online name is used")


class Ending(models.Model):
    """A row that somebody adds in one case's record, and that may end, with a reason; it stays to be read."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="%(class)ss")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True, help_text="why it was added, where somebody had to decide that")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="the_end_of_a_%(class)s_has_a_reason",
            ),
        ]


class Name(Ending):
    """One name of a person, in any script, with its parts only where they are known to be such."""

    class Sort(models.TextChoices):
        REFERRED = "referred", "As the referral gives it"
        BIRTH = "birth", "Given at birth"
        USED = "used", "Used now"
        ALIAS = "alias", "Alias"
        NICKNAME = "nickname", "Nickname"
        TRANSLITERATION = "transliteration", "In another script or spelling"
        DOCUMENT = "document", "As on a document"
        OTHER = "other", "Another name"

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="names")
    sort = models.CharField(max_length=20, choices=Sort)
    words = models.TextField(help_text="the whole name, in the order in which it was given")
    given = models.TextField(blank=True)
    family = models.TextField(blank=True)
    key = models.GeneratedField(
        expression=Func(F("words"), function="palermo_name_key"),
        output_field=models.TextField(),
        db_persist=True,
        help_text="without case and marks, to be searched",
    )

    class Meta(Ending.Meta):
        constraints = [*Ending.Meta.constraints, models.CheckConstraint(condition=~Q(words=""), name="a_name_is_said")]


class Known(Ending):
    """Something that may be a fact or somebody's word, from when until when as far as that is known."""

    grounds = models.CharField(max_length=20, help_text="a `domain.people.Grounds`")
    said = models.TextField(help_text="how it was verified, or whose opinion, allegation or intelligence it is")
    source = models.TextField(help_text="where it stands: a statement, a report's number")
    since = models.CharField(max_length=24, blank=True, help_text="see `domain.partial_dates`")
    until = models.CharField(max_length=24, blank=True)

    class Meta(Ending.Meta):
        abstract = True
        constraints = [
            *Ending.Meta.constraints,
            models.CheckConstraint(condition=~Q(said=""), name="a_%(class)s_says_how_or_whose"),
            models.CheckConstraint(condition=~Q(source=""), name="a_%(class)s_has_a_source"),
        ]


class Involvement(Known):
    """As what a record stands in a case. Another role is another row, so that the history stays."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="involvements")
    role = models.CharField(max_length=20, help_text="a `domain.people.CaseRole`")

    class Meta(Known.Meta):
        constraints = [
            *Known.Meta.constraints,
            models.UniqueConstraint(
                fields=["entity", "referral", "role"], condition=Q(ended_at__isnull=True), name="in_a_role_once"
            ),
            models.UniqueConstraint(
                fields=["entity", "referral"],
                condition=Q(ended_at__isnull=True, role__in=[role.value for role in roles_of(Kind.PERSON)]),
                name="a_person_has_one_role_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["referral", "id"])]


class Connection(Known):
    """How one record is connected with another. It was recorded in a case, and is seen by those who may open that."""

    one = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="connections")
    other = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="connected")
    tie = models.CharField(max_length=20, help_text="a `domain.people.Tie`")

    class Meta(Known.Meta):
        constraints = [
            *Known.Meta.constraints,
            models.CheckConstraint(condition=~Q(one=F("other")), name="nothing_is_connected_to_itself"),
            models.UniqueConstraint(
                fields=["referral", "one", "other", "tie"], condition=Q(ended_at__isnull=True), name="connected_once"
            ),
        ]


class SafeContact(Version):
    """How and when it is safe to reach a potential victim, as one case's record has it. On no other side's page."""

    words = models.TextField(blank=True, help_text="empty: what was recorded does not hold any more")

    class Meta(Version.Meta):
        constraints = [
            models.UniqueConstraint(fields=["entity", "referral", "number"], name="one_safecontact_of_a_number"),
            models.UniqueConstraint(
                fields=["entity", "referral"], condition=Q(replaced_at__isnull=True), name="one_present_safecontact"
            ),
            *Version.Meta.constraints[2:],
        ]


class PossibleSame(Ending):
    """Somebody's note that two records may be of the same person or thing. They stay two; nothing is merged."""

    one = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="possibly")
    other = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="possibly_of")

    class Meta(Ending.Meta):
        constraints = [
            *Ending.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="a_note_of_the_same_has_a_reason"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="a_pair_is_noted_one_way_round"),
            models.UniqueConstraint(
                fields=["one", "other"], condition=Q(ended_at__isnull=True), name="a_pair_is_noted_once"
            ),
        ]
