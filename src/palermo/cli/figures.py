"""`palermo figures`: which numbers does the source give, and do they add up?"""

from __future__ import annotations

from palermo.cli.calling import AsJson, PackName, pack_named
from palermo.cli.showing import console, document, table
from palermo.domain.figures import Figure, written


def figures(pack: PackName = "mps-2010", as_json: AsJson = False) -> None:
    """Show every figure that the pack takes from its source, with its paragraph, and whether the sums hold.

    A sum that does not hold is the source's; it is reported, and nothing is corrected.

    Exit 0: done, whether the sums hold or not; 2: the call or the pack was wrong.

    Examples:

        palermo figures

        palermo figures --json
    """
    policy = pack_named(pack)
    found = policy.figures
    if as_json:
        print(document({"pack": policy.id, "pack_version": policy.version, **found.as_dict()}))
        return
    out = console()
    rows = [(one.id, value_of(one), one.unit, one.what, one.period, one.cite) for one in found.figures]
    out.print(table(("figure", "value", "unit", "what", "period", "source"), rows, right=("value",)))
    checked = found.check()
    failing = [one for one in checked if not one.holds]
    out.print(f"Sums that do not hold ({len(failing)} of {len(checked)})")
    for one in [*failing, *(one for one in checked if one.holds)]:
        mark = "holds    " if one.holds else "DIFFERS  "
        out.print(f"  {mark}{one.words}", soft_wrap=True)


def value_of(figure: Figure) -> str:
    """The figure as it is written: a year without the comma of thousands."""
    return str(figure.value) if figure.unit == "year" else written(figure.value)
