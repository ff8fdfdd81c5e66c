"""Every route either says which posts may use it or stands on a short list here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

# What anybody may use, besides the public face as a whole.
PUBLIC = {
    "set_language",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
}
# One's own account: whoever is signed in, whatever the post.
SIGNED_IN = {
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}


def routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}", entry


# The administration site asks for the administrator's post itself (tests/web).
ROUTES = [pair for pair in routes(get_resolver()) if not pair[0].startswith("admin:")]


@pytest.mark.parametrize(("name", "route"), ROUTES, ids=[name for name, _ in ROUTES])
def test_every_route_says_who_may_use_it(name: str, route: URLPattern):
    everybody = getattr(route.callback, "login_required", True) is False
    posts: frozenset[str] = getattr(route.callback, "allowed_roles", frozenset())
    if name in PUBLIC or name.startswith(("public:", "hooks:")):
        assert everybody
    elif name in SIGNED_IN:
        assert not everybody
    else:
        assert posts
        assert not everybody


def test_the_lists_name_no_route_that_is_gone():
    assert {name for name, _ in ROUTES} >= PUBLIC | SIGNED_IN


def test_every_route_has_a_name_of_its_own():
    names = [name for name, _ in ROUTES]
    assert sorted(names) == sorted(set(names))
