"""The rail of the desk, and the words in which an operator spells a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from centro.agencies.scopes import scope_of
from centro.channels.registry import all_channels
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import PhoneKind, parse_phone
from centro.web.desk.navigation import groups_for
from centro.web.desk.posts import TALKERS
from centro.web.desk.spelling import spelled
from centro.web.desk.talklist import count_seen
from centro.web.desk.ways import name_of

register = template.Library()
_PHONE_KINDS = {PhoneKind.MOBILE: _("Celular"), PhoneKind.LANDLINE: _("Teléfono fijo")}


@register.inclusion_tag("desk/_rail.html", takes_context=True)
def rail(context: template.Context) -> dict[str, Any]:
    """The screens this user may open, the present one marked."""
    request = context["request"]
    groups = [
        (name, [(item, reverse(item.route)) for item in items])
        for name, items in groups_for(request.user)
    ]
    waiting = count_seen(request.user) if scope_of(request.user).has(*TALKERS) else None
    here = _nearest(request.path, [url for _name, items in groups for _item, url in items])
    return {"groups": groups, "here": here, "counts": {"desk:talks": waiting}}


def _nearest(path: str, urls: list[str]) -> str:
    """The longest address of the rail under which this page lies; the first page is only itself."""
    home = reverse("desk:home")
    lying = (url for url in urls if path == url or (url != home and path.startswith(url)))
    return max(lying, key=len, default="")


@register.filter
def of(counts: Mapping[str, int | None], name: str) -> int | None:
    """One count of several, by the name of its screen."""
    return counts.get(name)


@register.filter
def spell(text: str) -> list[tuple[str, str]]:
    """`K7` → [("K", "Kilo"), ("7", "siete")], to read aloud."""
    return spelled(text)


@register.filter
def channel_name(channel: str) -> str:
    """A channel as the desk names it."""
    return name_of(channel)


@register.filter
def kind_of_account(kind: str) -> str:
    """What an account is, as its channel calls itself; a kind that is no more stays as it is."""
    channel = all_channels().get(kind)
    return str(channel.label) if channel else kind


@register.filter
def phone_kind(number: str) -> str:
    """Whether it rings at home or in a pocket; empty for what is neither."""
    try:
        kind = parse_phone(number).kind
    except Invalid:
        return ""
    return str(_PHONE_KINDS.get(kind, ""))


@register.filter
def telephone(number: str) -> str:
    """A telephone as people of the country write it: `6600-0001`."""
    try:
        return parse_phone(number).national
    except Invalid:
        return number
