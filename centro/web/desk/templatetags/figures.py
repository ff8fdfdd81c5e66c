"""What the pages of figures say that other pages do not."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.translation import gettext as _

from centro.insights.writing import written

register = template.Library()


@register.filter
def moment_of(text: str) -> datetime:
    """The moment that a manifest writes down."""
    return datetime.fromisoformat(text)


@register.filter
def day_of(day: date) -> str:
    """A day without its weekday: 1 dic 2025."""
    return written(day, "day")


@register.filter
def unit_in_words(unit: str) -> str:
    """What a unit counts, for the page that explains a number."""
    return {
        "count": _("Cuántos son"),
        "percent": _("De cada cien"),
        "hours": _("Tiempo de reloj"),
        "seconds": _("Tiempo de reloj"),
        "per_thousand": _("Por cada mil habitantes"),
        "month": _("El mes"),
        "day": _("El día"),
        "size": _("Si es de las grandes, medianas o pequeñas"),
    }.get(unit, _("El nombre"))
