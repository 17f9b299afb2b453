"""Who did what to which record, when? Entries outlive their subject: no foreign keys, ids and codes only."""

from django.db import models
from django.db.models.functions import Now


class Duty(models.TextChoices):
    """What data protection law asks to be logged (Data Protection Act 2018 s62), and signing in."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    ACCESS = "access"


class Entry(models.Model):
    """One act. The database refuses to change or remove it (see the migration)."""

    at = models.DateTimeField(help_text="by the site's clock; a demonstration's runs in the days of its pack")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="by the database's own clock")
    actor = models.CharField(max_length=80, help_text="the account's id, or the command that acted")
    role = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    duty = models.CharField(max_length=20, choices=Duty)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="kind and reference: referral:PAL-…")
    detail = models.JSONField(default=dict, help_text="ids, codes and dates; never text from the record")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"]),
            models.Index(fields=["actor", "id"]),
        ]


class Server(models.Model):
    """A database server on which entries were written. Its transactions come `shift` after its own count of them."""

    system = models.BigIntegerField(primary_key=True)
    shift = models.BigIntegerField()
    since = models.DateTimeField()
    reason = models.TextField()


class Key(models.Model):
    """The public half of a key that heads are signed with (Ed25519)."""

    public = models.BinaryField(max_length=32, unique=True)
    since = models.DateTimeField()
    vouched = models.BinaryField(max_length=64, blank=True, help_text="the signature of the key before it")


class Seal(models.Model):
    """A batch of entries that nothing can be changed in unseen, and the head of the ledger with it."""

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField(help_text="by the database's own clock")
    last_tx = models.BigIntegerField()
    last_id = models.BigIntegerField()
    total = models.BigIntegerField(help_text="the entries of this seal and of all before it")
    ids = models.BinaryField(help_text="of its entries, eight bytes each, in their order")
    leaves = models.BinaryField(help_text="of its entries, 32 bytes each")
    top = models.BinaryField(max_length=32, help_text="its leaf in the tree of all seals")
    peaks = models.BinaryField(help_text="of the tree of all seals so far")
    root = models.BinaryField(max_length=32, help_text="of the tree of all seals so far")
    signature = models.BinaryField(max_length=64)
    key = models.ForeignKey(Key, on_delete=models.PROTECT)
