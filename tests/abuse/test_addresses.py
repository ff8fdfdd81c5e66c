"""Every address asked for with whatever: never an error of ours."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from hypothesis import given
from hypothesis import strategies as st

from centro.accounts.models import User
from centro.accounts.roles import Role
from tests import make
from tests.abuse.garbage import ODD_TEXTS, RAW
from tests.abuse.test_forms import profile, undone
from tests.abuse.world import everybody

FEW, MANY = 2, 40 if os.environ.get("CENTRO_FUZZ") else 8
NAMES = [
    "q", "numero", "tipo", "servicio", "texto", "desde", "t", "lat", "lon", "provincia", "carpeta",
    "estado", "entidad", "orden", "despues", "antes", "pagina", "dia", "next", "p", "o", "e",
    "case", "user", "id", "id__exact", "q__contains", "_popup", "cursor", "sin", "quien", "hasta",
]  # fmt: skip
QUERIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), ODD_TEXTS.map(lambda text: text[:300])).map(
            lambda pair: f"{pair[0]}={_quoted(pair[1])}"
        ),
        RAW,
    ),
    max_size=5,
).map("&".join)
# What a converter lets through; a text may hold anything but a slash.
PARTS: dict[str, st.SearchStrategy[str]] = {
    "IntConverter": st.integers(0, 10**25).map(str),
    "UUIDConverter": st.uuids().map(str),
    "SlugConverter": st.from_regex(r"[-a-zA-Z0-9_]{1,80}", fullmatch=True),
    "StringConverter": ODD_TEXTS.map(lambda text: text.replace("/", "")[:200] or "-"),
}
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_ACCEPT_LANGUAGE": st.sampled_from(["", "en;q=x", "zz" * 400, "es-PA,en;q=0.1,*"]),
        "HTTP_REFERER": st.sampled_from(["//", "http://[", "http://testserver/mesa/bandeja/?%zz"]),
        "HTTP_HX_REQUEST": st.just("true"),
        "HTTP_HX_CURRENT_URL": st.sampled_from(["http://[", "ñ", "http://x:port/"]),
        "HTTP_RANGE": st.just("bytes=9-1"),
        "HTTP_IF_MODIFIED_SINCE": st.just("ayer"),
        "REMOTE_ADDR": st.sampled_from(["", "nada", "::1", "unix:"]),
    },
)


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


@st.composite
def addresses(draw: st.DrawFn, route: URLPattern, prefix: str) -> str:
    """An address that this route takes, or nearly."""
    path = prefix.removeprefix("^/") + str(route.pattern)
    for name, converter in route.pattern.converters.items():
        kind = type(converter).__name__
        part = draw(PARTS.get(kind, PARTS["StringConverter"]))
        path = path.replace(f"<{_KINDS.get(kind, 'str')}:{name}>", _path(part))
    return f"/{path}?{draw(QUERIES)}"


_KINDS = {"IntConverter": "int", "UUIDConverter": "uuid", "SlugConverter": "slug"}


def _path(part: str) -> str:
    return quote(part.encode("utf-8", "surrogatepass"), safe="")


def _targets(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[URLPattern, str]]:
    """Every route written as a path, with what stands before it."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _targets(entry, prefix + str(entry.pattern))
        elif isinstance(entry.pattern, RoutePattern):
            yield entry, prefix


def _never_breaks(user: User, examples: int) -> None:
    cookies = _signed_in(user)
    faults: list[str] = []
    answers: Counter[int] = Counter()
    targets = list(_targets(get_resolver(), ""))
    assert len(targets) > 100
    for route, prefix in targets:

        @profile(examples)
        @given(address=addresses(route, prefix), headers=HEADERS)
        def attack(address: str, headers: dict[str, Any]) -> None:
            client = Client(raise_request_exception=False)
            client.cookies["sessionid"] = cookies
            with undone():
                response = client.generic("GET", address, **headers)
                b"".join(response)
            answers[response.status_code] += 1
            assert response.status_code < 500, f"{response.status_code} {address} {headers}"

        try:
            attack()
        except AssertionError as error:
            faults.append(str(error))
    assert faults == []
    assert answers[200] > answers.total() / 5, "most of it never got past the addresses"


def _signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.mark.slow
def test_no_address_breaks():
    _never_breaks(everybody(make.agency()), FEW)


@pytest.mark.slow
def test_no_address_breaks_however_long_one_tries():
    _never_breaks(everybody(make.agency()), MANY)


def test_ways_to_ask_that_nobody_uses_are_refused(client: Client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY", "get", "Ñ"):
        for path in ("/", "/reportar/", "/seguimiento/", "/lugares/", "/healthz"):
            assert client.generic(method, path).status_code in {200, 405}, (method, path)


def test_an_address_with_a_nul_leads_nowhere(client: Client):
    for path in ("/lugares/%00/", "/%00/", "/mesa/casos/%00/"):
        assert client.get(path).status_code == 404


def test_no_address_fills_in_a_new_row_of_the_administration(client: Client):
    client.force_login(make.user(Role.ADMINISTRATOR))
    response = client.get("/admin/agencies/assignment/add/", {"user": ":", "role": "auditor"})
    assert response.status_code == 200
    assert b"selected>Auditor" not in response.content


@pytest.mark.parametrize("host", ["evil.example", "", "a b", "[", "localhost:99999999", "ñ"])
def test_another_host_is_refused(client: Client, host: str):
    client.raise_request_exception = False
    for path in ("/", "/reportar/", "/nada/", "/mesa/"):
        assert client.get(path, HTTP_HOST=host).status_code < 500
