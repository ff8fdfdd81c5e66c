"""Who asks, for limits: one person's session is held to little, an address that many share to more."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

from centro.accounts.limits import count_attempt


def address_of(request: HttpRequest) -> str:
    """The address that speaks to us; behind a proxy, the one that the proxy saw.

    An IPv6 home has a whole /64, so that is what counts as one.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        seen = forwarded or seen
    try:
        address = ip_address(seen)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)


def limit_address(request: HttpRequest, name: str, *, limit: int, window: timedelta) -> None:
    """Count one attempt of this address at `name`. A whole town can share one mobile address."""
    count_attempt(f"{name}:address:{address_of(request)}", limit=limit, window=window)


def limit_session(request: HttpRequest, name: str, *, limit: int, window: timedelta) -> None:
    """Count one attempt of this session at `name`; a visitor without a session is not counted."""
    session = request.session.session_key
    if session:
        count_attempt(f"{name}:session:{session}", limit=limit, window=window)
