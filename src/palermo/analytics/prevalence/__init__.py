"""Prevalence: how many are on none of the lists?

Multiple systems estimation from counts of people by the combination of lists
they are on. Importable alone; NumPy and SciPy are all it needs.

    >>> from palermo.analytics import prevalence
    >>> lists = prevalence.parse_lists("police,charity,count\\n1,0,40\\n0,1,30\\n1,1,20\\n")
    >>> round(prevalence.estimate(lists, "chapman").people)
    147
"""

from palermo.analytics.prevalence.diagnostics import Combined, Diagnostic, Scope, over_versions
from palermo.analytics.prevalence.estimate import Check, Estimate, MethodRefused, NoEstimate, Variation
from palermo.analytics.prevalence.lists import Lists, ListsRefused, Problem, parse_lists, read_lists
from palermo.analytics.prevalence.methods import METHODS, Options, estimate
from palermo.analytics.prevalence.panel import Headline, Panel, panel, with_sensitivity

__all__ = [
    "METHODS",
    "Check",
    "Combined",
    "Diagnostic",
    "Estimate",
    "Headline",
    "Lists",
    "ListsRefused",
    "MethodRefused",
    "NoEstimate",
    "Options",
    "Panel",
    "Problem",
    "Scope",
    "Variation",
    "estimate",
    "over_versions",
    "panel",
    "parse_lists",
    "read_lists",
    "with_sensitivity",
]
