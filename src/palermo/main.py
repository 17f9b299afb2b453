"""The `palermo` command: which words does it know?

Commands on files come from `cli`, those that need the database from `web`. Each is imported when it is called, so that
a decision on a file never waits for the site's libraries.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any

import typer
import typer.core
import typer.main

COMMANDS: dict[str, str] = {
    "remit": "palermo.cli.remit:app",
    "assess": "palermo.cli.assess:assess",
    "units": "palermo.cli.units:units",
    "figures": "palermo.cli.figures:figures",
    "estimate": "palermo.cli.estimate:estimate",
    "sample": "palermo.cli.sample:sample",
    "import": "palermo.web.commands.importing:import_",
    "account": "palermo.web.commands.accounting:account",
    "address": "palermo.web.commands.accounting:address",
    "changeover": "palermo.web.commands.changing:changeover",
    "breaches": "palermo.web.commands.telling:breaches",
    "files": "palermo.web.commands.filing:app",
    "backup": "palermo.web.commands.backing_up:backup",
    "restore": "palermo.web.commands.backing_up:restore",
    "ledger": "palermo.web.commands.ledgering:app",
    "serve": "palermo.web.commands.serving:serve",
    "work": "palermo.web.commands.working:work",
    "manage": "palermo.web.commands.managing:manage",
}


class Commands(typer.core.TyperGroup):
    """The commands above, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        return as_command(getattr(importlib.import_module(module), name), cmd_name)


def as_command(found: typer.Typer | Callable[..., None], name: str) -> Any:
    """A Typer application as it is; a function as a command of that name."""
    app = found
    if not isinstance(app, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        settings = getattr(found, "context_settings", None)
        app.command(name, context_settings=settings)(found)
    command = typer.main.get_command(app)
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Palermo: from a referral to the review of the whole response.\n\n"
        "What a machine reads goes to standard output, everything else to standard error. "
        "Exit 0: done; 1: the answer is no, or something was refused; 2: the call or the input was wrong."
    ),
)


@app.callback()
def palermo() -> None:
    """Stands for the words above; it does nothing of its own."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.stderr is None:
        # closed by the caller: what is meant for people must not end up in the output for programs
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    if sys.stdout is None:
        print("standard output is closed; give the answers somewhere to go", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # the same bytes whatever the terminal's own encoding; what is no text is shown as its code
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "palermo.web.settings")
    app()


if __name__ == "__main__":
    main()
