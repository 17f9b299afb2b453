"""What this stage does in the background."""

from uuid import UUID

from palermo.web import clock
from palermo.web.dossier import actions
from palermo.web.jobs import task


@task(long=True)
def make_file(file: str) -> None:
    actions.make_file(UUID(file))


@task(every="17 3 * * *")
def remove_old() -> None:
    actions.remove_old(clock.now())
