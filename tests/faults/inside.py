"""What is done on the cluster's database in a process of its own: `python -m faults.inside prepare 2000`, `seal` …"""

import json
import os
import sys
import time
import uuid
from dataclasses import asdict
from pathlib import Path


def prepare(drafts: int) -> dict[str, object]:
    """Make the tables, the accounts and that many drafts, filled in and ready to be sent; and sign in eight times."""
    from django.core.management import call_command
    from django.test import Client

    from palermo.web.accounts.demonstration import make_accounts
    from palermo.web.accounts.models import User
    from palermo.web.intake.models import Draft
    from palermo.web.intake.sending import fingerprint
    from web.intake.walking import an_adult

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    make_accounts()
    partner, answers = User.objects.get(username="partner"), an_adult()
    made = Draft.objects.bulk_create(Draft(id=uuid.uuid4(), owner=partner, answers=answers) for _ in range(drafts))
    sessions = []
    for _ in range(8):
        client = Client()
        client.force_login(partner)
        sessions.append(client.cookies["session"].value)
    return {"keys": [str(one.id) for one in made], "sessions": sessions, "shown": fingerprint(answers)}


def seal() -> None:
    """Seal as fast as there is something to seal, until somebody kills this."""
    from django.db import Error, connection

    from palermo.web.audit import actions

    while True:
        try:
            actions.seal()
        except Error:
            connection.close()
        time.sleep(0.3)


def verify() -> dict[str, object]:
    """Seal the rest, and hold the ledger against its seals."""
    from palermo.web.audit import actions
    from palermo.web.audit.verifying import verify

    actions.seal()
    found = verify()
    return {
        "entries": found.entries,
        "sealed": found.sealed,
        "seals": found.seals,
        "faults": [asdict(one) for one in found.faults],
    }


def migrate(*steps: str) -> None:
    """Each step names an app and an earlier migration of it; an empty one makes the newest tables."""
    from django.core.management import call_command

    for step in steps:
        call_command("migrate", *step.split(), verbosity=0, interactive=False)


if __name__ == "__main__":
    # before the settings are read
    from palermo.web.commands.serving import fix_the_day

    fix_the_day(Path(os.environ["PALERMO_VAR"]))
    import django

    django.setup()
    what, *words = sys.argv[1:]
    match what:
        case "prepare":
            print(json.dumps(prepare(int(words[0]))))
        case "seal":
            seal()
        case "verify":
            print(json.dumps(verify()))
        case "migrate":
            migrate(*words)
