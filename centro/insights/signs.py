"""Unusual rises: when is a week's count more than the weeks before lead one to expect?

The week is compared with the eight before it: its distance from their mean, in standard deviations
of a new week's count (their own spread, but never less than that of chance alone, the square root
of the mean). Beyond THRESHOLD, and with at least FEWEST cases, it is said that something happens.
That is the C1 of the Early Aberration Reporting System (Hutwagner et al., 2003, J. Urban Health 80,
suppl. 1, i89), with weeks for days and a floor for quiet places. How often it cries wolf is measured
on weeks of pure chance: see tests/insights/test_signs.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

WEEKS = 8
THRESHOLD = 3.0
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Rise:
    """A week with `count` cases where about `expected` were to be expected."""

    count: int
    expected: float
    deviations: float


def rise_of(count: int, before: Sequence[int]) -> Rise | None:
    """The rise of a week over the WEEKS before it; None when it is nothing unusual."""
    if len(before) != WEEKS:
        raise ValueError(f"{WEEKS} weeks are needed, not {len(before)}")
    if count < FEWEST:
        return None
    mean = fmean(before)
    spread = max(variance(before), mean, 1.0)
    deviations = (count - mean) / math.sqrt(spread * (1 + 1 / WEEKS))
    return Rise(count, mean, deviations) if deviations > THRESHOLD else None
