"""The process of one run: makes the estimate and ends. `actions` starts it; nobody needs to call it by hand."""

import signal
import sys

from django.core.management.base import BaseCommand, CommandParser

from palermo.web.intelligence.actions import make_estimate

LONGEST = 10 * 60
"""Seconds after which a run is ended: on the slowest machine the largest table takes a fraction of it."""


class Command(BaseCommand):
    help = "Make the estimate of one run."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int)

    def handle(self, *args: object, run: int, **options: object) -> None:
        if hasattr(signal, "alarm"):
            signal.alarm(LONGEST)
        if not make_estimate(run):
            sys.exit(1)
