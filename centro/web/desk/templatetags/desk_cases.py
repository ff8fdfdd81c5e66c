"""Words of the case pages that a template cannot put together by itself."""

from __future__ import annotations

from django import template

from centro.cases.models import Case
from centro.web.desk.doings import Doing

register = template.Library()


@register.simple_tag(takes_context=True)
def doing_address(context: template.Context, doing: Doing, case: Case) -> str:
    """Where the form of a doing is sent: its own route, or the one the page says (`way`)."""
    return str(context.get("way") or doing.address(case))
