"""What may a line of the log say? Ids, and where in the code something went wrong; never what a record says.

The database, when it refuses a row, tells what was in it. So of its errors only the first line is kept.
"""

import logging
from collections.abc import Iterator

import psycopg
from django.db import Error

LEFT_OUT = " (its details are left out: they show rows)"


class Line(logging.Formatter):
    """A line, and after it the traceback of what went wrong, without the contents of rows."""

    def formatException(self, ei) -> str:  # noqa: N802 - the library's name
        text = super().formatException(ei)
        for error in chain(ei[1]):
            if isinstance(error, Error | psycopg.Error):
                first, *details = str(error).splitlines() or [""]
                text = text.replace(str(error), first + LEFT_OUT) if details else text
        return text


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those behind it."""
    while error:
        yield error
        error = error.__cause__ or error.__context__
