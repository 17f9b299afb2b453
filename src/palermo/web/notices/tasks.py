"""What is done in the background about notices: they go out by e-mail."""

from palermo.web.jobs import task
from palermo.web.notices import actions


@task()
def send(notice: int) -> None:
    actions.send(notice)


@task()
def deliver(delivery: int) -> None:
    actions.deliver(delivery)
