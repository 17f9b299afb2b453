"""Shape: has a distribution one peak or several?"""

from __future__ import annotations

import numpy as np

from palermo.analytics.prevalence.lattice import Floats

_BINS = 80


def peaks(weight: Floats) -> int:
    """Count the peaks of a curve that stand a tenth of the highest above the valley before them."""
    found, low, high, rising = 0, 0.0, 0.0, True
    least = float(weight.max()) / 10
    for value in map(float, weight):
        if rising:
            high = max(high, value)
            if value < high - least:
                found, low, rising = found + 1, value, False
        else:
            low = min(low, value)
            if value > low + least:
                high, rising = value, True
    return found + (1 if rising and high - low > least else 0)


def peaks_of_draws(draws: Floats) -> int:
    """Count the peaks of draws on a log scale, smoothed; infinite draws are left out."""
    logs = np.log(draws[np.isfinite(draws) & (draws > 0)])
    if logs.size < 2 or np.ptp(logs) < 1e-9:
        return 1
    heights, edges = np.histogram(
        logs, bins=_BINS, range=(float(np.quantile(logs, 0.005)), float(np.quantile(logs, 0.995)))
    )
    lower, upper = np.quantile(logs, [0.25, 0.75])
    width = 1.06 * min(float(logs.std()), float(upper - lower) / 1.34 or np.inf) * logs.size**-0.2
    step = float(edges[1] - edges[0])
    reach = np.arange(-_BINS, _BINS + 1) * step
    kernel = np.exp(-0.5 * (reach / max(width, step)) ** 2)
    return peaks(np.convolve(heights, kernel)[_BINS : 2 * _BINS])
