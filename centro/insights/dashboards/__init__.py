"""The dashboards, one file each: which metrics stand on a page, in which order, and how they look."""

from centro.insights.dashboards import (
    budget,
    centre,
    effectiveness,
    entity,
    equity,
    geography,
    league,
    national,
    presidency,
    satisfaction,
    signs,
)
from centro.insights.dashboards.panel import Dashboard, Look, Panel

_ALL: tuple[Dashboard, ...] = (
    national.DASHBOARD,
    effectiveness.DASHBOARD,
    geography.DASHBOARD,
    entity.DASHBOARD,
    presidency.DASHBOARD,
    centre.DASHBOARD,
    satisfaction.DASHBOARD,
    equity.DASHBOARD,
    league.DASHBOARD,
    signs.DASHBOARD,
    budget.DASHBOARD,
)

__all__ = ["Dashboard", "Look", "Panel", "all_dashboards", "dashboard_named"]


def all_dashboards() -> tuple[Dashboard, ...]:
    """Every dashboard, in the order in which they are offered."""
    return _ALL


def dashboard_named(slug: str) -> Dashboard | None:
    """The dashboard with that word in its address."""
    return next((one for one in _ALL if one.slug == slug), None)
