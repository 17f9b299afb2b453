"""What is done in the background about estimates: they are made."""

from palermo.web.intelligence import actions
from palermo.web.jobs import task


@task(long=True, attempts=2)
def make_estimate(run: int) -> None:
    actions.make_estimate(run)
