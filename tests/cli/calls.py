"""Calls of the command, as those who type it or pipe into it see them."""

import json
import subprocess
import sys

from click.testing import Result
from typer.testing import CliRunner

from palermo.main import app

SUBPROCESS = [sys.executable, "-c", "from palermo.main import main; main()"]


def palermo(*words: str, given: str | bytes | None = None) -> Result:
    """A call in this process; an error that is not told in words fails the test."""
    result = CliRunner().invoke(app, list(words), input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answers(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def process(*words: str, **settings) -> subprocess.Popen:
    """A call in a process of its own, with pipes."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([*SUBPROCESS, *words], **{**pipes, **settings})
