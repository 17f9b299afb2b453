"""One word in every place of every referral."""

from palermo.domain.papers import NoteKind, Standing
from palermo.web import clock
from palermo.web.accounts.models import User
from palermo.web.intake.models import FactVersion, Referral
from palermo.web.papers.models import CrimeReference, Document, Note, PolicyDecision
from palermo.web.people.models import (
    AddressVersion,
    Entity,
    Involvement,
    Name,
    PersonVersion,
    PhoneVersion,
    VehicleVersion,
)


def lanterns(user: User) -> None:
    """Put the word into every place of every referral, whoever may write there."""
    now = clock.now()
    written = {"written_at": now, "by": user, "by_words": user.post}
    for referral in Referral.objects.all():
        here = {"referral": referral, "recorded_at": now}
        for kind, role, model, says in (
            ("person", "subject", PersonVersion, {}),
            ("address", "exploited", AddressVersion, {"lines": "1 Lantern Lane"}),
            ("vehicle", "seen", VehicleVersion, {"description": "a lantern"}),
            ("phone", "seen", PhoneVersion, {"sort": "online", "given": "lantern"}),
        ):
            entity = Entity.objects.create(kind=kind, recorded_at=now)
            model.objects.create(entity=entity, number=1, **here, **says)
            Involvement.objects.create(entity=entity, role=role, said="said", source="source", **here)
            if kind == "person":
                Name.objects.create(entity=entity, sort="used", words="Lantern", **here)
        paper = {"referral": referral, "key": "page", **written}
        Note.objects.create(
            text="A lantern.", kind=NoteKind.CONTACT, standing=Standing.FACT, happened_at=now, time_known=True, **paper
        )
        Document.objects.create(
            description="A lantern.",
            name="lantern.png",
            kind="png",
            size_came=1,
            sha256_came="0",
            stored=str(referral.pk.hex),
            size=1,
            sha256="0",
            **paper,
        )
        PolicyDecision.objects.create(
            decision="A lantern.",
            options=[{"course": "c", "for": "f", "against": "a"}] * 2,
            chosen=1,
            reason="r",
            based_on="b",
            facts=FactVersion.objects.filter(referral=referral).latest("version"),
            taken_at=now,
            time_known=True,
            review_on=clock.today(),
            on_investigation=False,
            **paper,
        )
        CrimeReference.objects.create(crimes=["LANTERN/10"], **paper)
