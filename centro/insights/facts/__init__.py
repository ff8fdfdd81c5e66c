"""Case facts: one row for each cycle of a case, in Parquet, one file for each month of opening."""

from centro.insights.facts.checking import Difference, check_facts
from centro.insights.facts.refreshing import Refreshed, rebuild_facts, refresh_facts
from centro.insights.facts.store import Manifest, current_manifest

__all__ = [
    "Difference",
    "Manifest",
    "Refreshed",
    "check_facts",
    "current_manifest",
    "rebuild_facts",
    "refresh_facts",
]
