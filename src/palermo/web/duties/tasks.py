"""What is overdue is told in the background, every few minutes; what a missed run would have told, the next tells."""

from dataclasses import dataclass

from palermo.web import clock
from palermo.web.duties import actions
from palermo.web.jobs import task


@dataclass(frozen=True, slots=True)
class Job:
    """Who tells: not an account, but this job."""

    audit_name: str = "job:duties.tell_breaches"
    role: str = ""
    unit: str = ""


@task(every="*/5 * * * *")
def tell_breaches() -> None:
    """Tell of every breach that has gone up since it was last looked."""
    actions.tell_breaches(Job(), clock.now())
