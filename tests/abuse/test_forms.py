"""Every form of both faces, fed with garbage: whatever is sent, no answer is an error of ours.

The routes come from the URL resolver and the fields from the pages, so a form that is new
tomorrow is tested tomorrow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from centro.cases.doctor import check_everything
from tests.abuse.garbage import COOKIES, Sent, bodies
from tests.abuse.world import World, every_field, make_world, posted

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
# Whoever wants to look further has the time: `make fuzz`.
FEW, MANY = 3, 40 if os.environ.get("CENTRO_FUZZ") else 8


def profile(examples: int) -> settings:
    """The same examples each time, so that a change is judged by itself; `make fuzz` tries new ones."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate] if examples <= FEW else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves nothing behind, limits included."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def never_breaks(world: World, examples: int) -> None:
    """Send `examples` bodies to every address that takes one; collect all that broke."""
    faults: list[str] = []
    with undone():
        targets = list(posted(world))
    others = every_field(world)
    assert len(targets) > 50
    for name, addresses in targets:
        attack = _attack(world, name, addresses, others, profile(examples))
        try:
            attack()
        except AssertionError as error:
            faults.append(str(error))
    assert faults == []


def _attack(
    world: World, name: str, addresses: list[str], others: list[Any], how: settings
) -> Callable[[], None]:
    boxes = world.forms.get(name, [])

    @how
    @given(
        address=st.sampled_from(addresses),
        sent=bodies(boxes, others),
        htmx=st.booleans(),
    )
    def attack(address: str, sent: Sent, htmx: bool) -> None:
        client = world.client(world.cookies_for(name))
        headers = {"HX-Request": "true"} if htmx else {}
        with undone():
            response = client.generic(
                "POST", address, sent.body, content_type=sent.content_type, headers=headers
            )
            faults = check_everything() if how.max_examples > FEW else []
        assert response.status_code < 500, f"{name} {address}: {response.status_code} {sent}"
        assert faults == [], f"{name} {address}: {faults} {sent}"

    return attack


@pytest.mark.slow
def test_no_form_breaks():
    never_breaks(make_world(), FEW)


@pytest.mark.slow
def test_no_form_breaks_however_long_one_tries():
    never_breaks(make_world(), MANY)


CHARSETS = ["rot13", "idna", "zlib", "utf-7", "utf-32", "hex", "undefined", "punycode", ""]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_is_utf_8_whatever_it_claims(client: Client, kind: str, charset: str):
    sent = "--x\r\nContent-Disposition: form-data; name=number\r\n\r\n311-1\r\n--x--\r\n"
    body = "number=311-1" if kind.endswith("urlencoded") else sent
    claimed = f"{kind}; boundary=x; charset={charset}"
    response = client.generic("POST", "/seguimiento/", body, content_type=claimed)
    assert response.status_code in {400, 404}
    assert client.generic("GET", "/buscar/?q=agua", content_type=claimed).status_code == 200


@pytest.mark.parametrize("value", [r'"aaaaaaaaaaaaaaaa\000aaaaaaaaaaaaaaaa"', r'"a\012b"', '"'])
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language", "messages"])
def test_a_cookie_that_is_no_text_is_no_cookie(client: Client, name: str, value: str):
    for path in ("/", "/mesa/", "/seguimiento/"):
        for method in ("GET", "POST"):
            response = client.generic(method, path, HTTP_COOKIE=f"{name}={value}")
            assert response.status_code < 500, (method, path)


@profile(40)
@given(cookies=COOKIES, path=st.sampled_from(["/", "/reportar/", "/seguimiento/", "/mesa/"]))
def test_broken_cookies_are_no_cookies(cookies: dict[str, str], path: str):
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    for method in ("GET", "POST"):
        with undone():
            response = client.generic(method, path, HTTP_COOKIE=header)
        assert response.status_code < 500, (method, path, header)
