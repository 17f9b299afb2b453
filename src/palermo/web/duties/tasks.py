"""What is overdue is told in the background, every few minutes; what a missed run would have told, the next tells."""

from palermo.web import clock
from palermo.web.audit.actors import Command
from palermo.web.duties import actions
from palermo.web.jobs import task


@task(every="*/5 * * * *")
def tell_breaches() -> None:
    """Tell of every breach that has gone up since it was last looked."""
    actions.tell_breaches(Command("job:duties.tell_breaches"), clock.now())
