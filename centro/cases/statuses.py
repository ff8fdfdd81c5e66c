"""The words of a case that faces may name; the rules themselves stay private to cases."""

from __future__ import annotations

from centro.cases.rules import CLOSINGS_THAT_ANSWER, UNSOLVED, WAITS_THAT_PAUSE, Reason, Status

__all__ = ["CLOSINGS_THAT_ANSWER", "UNSOLVED", "WAITS_THAT_PAUSE", "Reason", "Status"]
