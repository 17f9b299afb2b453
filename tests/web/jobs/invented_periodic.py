"""A periodic task, apart from the others so that no worker of the other tests defers it."""

from palermo.web.jobs import task
from web.jobs.invented_tasks import leave


@task(every="* * * * *")
def mark_each_minute() -> None:
    leave("each-minute")
