"""How well texts are understood: shares with their intervals, and where it goes wrong."""

from __future__ import annotations

from math import sqrt

_Z = 1.96


def wilson(hits: int, of: int) -> list[float]:
    """A share and the ends of its 95 % interval (Wilson 1927): [share, low, high]."""
    if of == 0:
        return [0.0, 0.0, 1.0]
    share = hits / of
    middle = share + _Z * _Z / (2 * of)
    reach = _Z * sqrt(share * (1 - share) / of + _Z * _Z / (4 * of * of))
    whole = 1 + _Z * _Z / of
    return [round(n, 4) for n in (share, (middle - reach) / whole, (middle + reach) / whole)]
