"""What the worker does for the ledger."""

from palermo.web.audit import actions
from palermo.web.jobs import task


@task(every="* * * * *")
def seal() -> None:
    """Seal what was written, every minute."""
    actions.seal()
