"""`palermo assess`: is it trafficking, by the definition?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from palermo.cli.calling import PackName, pack_named
from palermo.cli.lines import answer_each


def assess(
    file: Annotated[str, typer.Argument(help="Elements and indicators as JSON Lines; `-` is standard input.")] = "-",
    pack: PackName = "mps-2010",
) -> None:
    """Hold each referral's elements against the definition: one finding a line out, in the same order.

    A list that is left out, or null, is not known yet; an empty one was looked for and not there. Indicators screen and
    decide nothing. A line that cannot be read is refused on standard error, and the others are answered.

    Exit 0: every line answered; 2: a line was refused, or the call was wrong.

    Examples:

        palermo assess elements.jsonl

        echo '{"age": "child", "acts": ["recruitment"], "purposes": ["forced_labour"]}' | palermo assess
    """
    policy = pack_named(pack)
    answer_each(file, lambda raw: json.dumps(policy.assess(raw).as_dict(), ensure_ascii=False))
