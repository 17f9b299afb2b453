"""`palermo work`: a worker for what is done in the background, and how the queue stands."""

import json
import sys
from typing import Annotated

import typer

from palermo.web.commands import django_ready
from palermo.web.commands.importing import tables_ready


def work(
    one_shot: Annotated[bool, typer.Option("--one-shot", help="End when nothing is due any more.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Print what waits, runs or has failed, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print it as JSON.")] = False,
    retry: Annotated[int | None, typer.Option(metavar="JOB", help="Put a job that has failed back, and end.")] = None,
) -> None:
    """Do what is to be done in the background, until stopped with Ctrl-C or SIGTERM.

    `palermo serve` keeps a worker of its own running; more of them, on any machine, share the work. A job whose worker
    is killed is taken up again by another within about a minute. See docs/operate.md.

    Exit 0: stopped, or done; 1: the worker ended because something was wrong. With --list, 1: a job has failed, or jobs
    wait and no worker is there. With --retry, 1: there is no failed job of that number.

    Examples:

    `palermo work --one-shot`

    `palermo work --list`
    """
    if as_json and not show:
        say("--json: it goes with --list")
        raise typer.Exit(2)
    django_ready()
    tables_ready()
    # only here: they need Django to be ready
    from palermo.web.jobs import working

    if show:
        raise typer.Exit(listed(as_json))
    if retry is not None:
        if not working.try_again(retry):
            say(f"--retry {retry}: no job of that number has failed. `palermo work --list` lists them")
            raise typer.Exit(1)
        return
    if not working.work(one_shot=one_shot):
        say("the worker ended; the lines above say why")
        raise typer.Exit(1)


def listed(as_json: bool) -> int:
    """Print the queue; 1 where somebody should look."""
    from palermo.web.jobs import queries
    from palermo.web.jobs.queries import State

    lines, workers = queries.unfinished(), queries.workers()
    numbers = {state: sum(line.state is state for line in lines) for state in State if state is not State.DONE}
    if as_json:
        document = {"workers": workers, **numbers, "jobs": [line.as_dict() for line in lines]}
        print(json.dumps(document, indent=2))
    else:
        print(f"workers {workers}, " + ", ".join(f"{state} {number}" for state, number in numbers.items()))
        for line in lines:
            ids = " ".join(f"{name}={value}" for name, value in line.ids.items())
            later = f"  not before {line.not_before:%Y-%m-%d %H:%M:%S %Z}" if line.not_before else ""
            print(
                f"{line.job}  {line.state}  {line.task} {ids}".rstrip()
                + f"  since {line.since:%Y-%m-%d %H:%M:%S %Z}, begun {line.attempts} times before{later}"
            )
    nobody = not workers and (numbers[State.WAITING] or numbers[State.LEFT])
    return 1 if numbers[State.FAILED] or nobody else 0


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
