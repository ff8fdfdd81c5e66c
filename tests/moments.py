"""The present as a test wants it. Moments are written as the clock in Panama shows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

PANAMA = ZoneInfo("America/Panama")


def panama(local: str) -> datetime:
    """The moment of a local date and time: `panama("2026-03-02 09:00")`."""
    return datetime.fromisoformat(local).replace(tzinfo=PANAMA)


class Frozen:
    """The present stands still at `now` until the test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = panama("2026-03-02 09:00")  # a Monday of a week without holidays
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)

    def to(self, when: str | datetime) -> datetime:
        self.now = panama(when) if isinstance(when, str) else when
        return self.now

    def on(self, **later: float) -> datetime:
        """Go on by days, hours, minutes."""
        self.now += timedelta(**later)
        return self.now
