"""How long does the server take for each page, with the demonstration loaded? Worst first.

Every route that answers a GET, as somebody who may see it, asked in this process by Django's test
client (middleware, statements, templates; no network). What needs an object (a case, a draft, a
letter) gets one that the demonstration has, or one made for it in a copy of the database. Routes
that only act on a POST, that hand out files, or that need a second factor are named on standard
error and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import click
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from benchmarks._base import doing, emit, p95_ms, percentile, say
from benchmarks._databases import copied, demo_database, switch_to
from benchmarks._drafts import make_drafts
from benchmarks._visits import sign_in, timed_get
from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.cases.models import Case
from centro.channels.models import OutboundMessage
from centro.contacts.models import CallBack, Draft
from centro.knowledge.models import Article
from centro.ops.collector import settle
from centro.ops.demo import PEOPLE

Kwargs = dict[str, Any]
# The same pages with something asked.
_ASKED = {
    "desk:inbox": [
        "?carpeta=todos",
        "?carpeta=vencidos",
        "?carpeta=activos&q=agua",
        "?orden=plazo",
    ],
    "desk:search": ["?q=agua", "?q=calle+agua", "?q=6612-3456", "?q=maria+gonzalez"],
    "desk:mailbox": ["?estado=sent"],
    "public:search": ["?q=no+hay+agua"],
    "public:places": ["?q=bella+vista"],
    "public:around": ["?lat=8.9824&lon=-79.5199"],
    "public:report": ["?tipo=queja"],
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page to visit: the route, its address, and who asks for it."""

    name: str
    address: str
    client: Client


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Share of the demonstration.")
@click.option("--rounds", default=15, show_default=True, help="How often each page is asked for.")
def main(scale: float, rounds: int) -> None:
    """Print the p95 of the worst page, and of every page, the slowest first."""
    with copied(demo_database(scale)) as database:
        switch_to(database)
        with doing("finding the pages"):
            pages = list(_pages())
        taken: dict[str, list[float]] = {page.address: [] for page in pages}
        with doing(f"visiting {len(pages)} pages"):
            for turn in range(rounds + 1):
                if turn == 1:
                    settle()  # as the processes that serve pages do
                for page in pages:
                    took, _status = timed_get(page.client, page.address)
                    if turn:  # the first compiles its templates
                        taken[page.address].append(took)
    _emit(pages, taken)


def _emit(pages: list[Page], taken: dict[str, list[float]]) -> None:
    found: dict[str, float] = {}
    for page in pages:
        name = page.name + (f"?{page.address.partition('?')[2]}" if "?" in page.address else "")
        found[name] = p95_ms(taken[page.address])
    worst = sorted(found.items(), key=lambda item: -item[1])
    for name, p95 in worst[:12]:
        say(f"  {p95:8.1f} ms  {name}")
    emit(
        {
            "worst_p95_ms": worst[0][1],
            "median_p95_ms": percentile([p95 for _name, p95 in worst], 0.5),
            "pages": dict(worst),
        }
    )


def _pages() -> Iterator[Page]:
    things = _Things()
    clients = _Clients()
    for name, route in _routes(get_resolver()):
        page = _first_shown(name, route, things, clients)
        if page is None:
            continue
        yield page
        for asked in _ASKED.get(name, []):
            yield Page(name, page.address + asked, page.client)


def _routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry, inner)
        elif entry.name:
            yield f"{namespace}{entry.name}", entry


def _first_shown(name: str, route: URLPattern, things: _Things, clients: _Clients) -> Page | None:
    """The first combination of somebody and something that shows the page."""
    seen = set()
    for kwargs in things.for_route(name, route):
        try:
            address = reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
        for client in clients.for_route(name, route):
            _took, status = timed_get(client, address)
            if status == 200:
                return Page(name, address, client)
            seen.add(status)
            if status == 405:
                return None
    say(f"  not visited: {name} ({', '.join(map(str, sorted(seen))) or 'no object'})")
    return None


class _Clients:
    """Who may see a route, one of each role, signed in once."""

    def __init__(self) -> None:
        self._signed_in: dict[str, Client] = {}
        self.anybody = Client(SERVER_NAME="localhost")
        self._open_a_case()

    def _open_a_case(self) -> None:
        """A citizen who has given number and code, as the follow-up pages need."""
        for case in Case.objects.filter(pk__in=_one_of_each_status()):
            self.anybody.post("/seguimiento/", {"number": case.number, "code": case.code})

    def for_route(self, name: str, route: URLPattern) -> list[Client]:
        if getattr(route.callback, "login_required", True) is False:
            return [self.anybody]
        roles = getattr(route.callback, "allowed_roles", None)
        if name.startswith("admin:") or roles is None:
            roles = {Role.ADMINISTRATOR}
        return [self._client(p.username) for p in PEOPLE if p.role in roles]

    def _client(self, username: str) -> Client:
        if username not in self._signed_in:
            self._signed_in[username] = sign_in(username)
        return self._signed_in[username]


class _Things:
    """Objects to put into addresses, by the name of the argument and the route."""

    def __init__(self) -> None:
        self.numbers = [Case(pk=pk).number for pk in _one_of_each_status()]
        self.drafts, self.sent = make_drafts(1, session=False)[0], _sent_report()
        self.articles = list(Article.objects.values_list("slug", flat=True)[:1])

    def for_route(self, name: str, route: URLPattern) -> Iterator[Kwargs]:
        wanted = set(route.pattern.converters)
        if not wanted:
            yield {}
        elif wanted == {"number"}:
            yield from ({"number": number} for number in self.numbers)
        elif wanted == {"number", "slug"}:
            slugs = ("entidad", "reclasificar", "nota", "cerrar", "duplicado")
            yield from ({"number": n, "slug": s} for n in self.numbers for s in slugs)
        elif wanted == {"object_id"}:
            yield from _of_the_administration(name)
        else:
            yield from self._special(name)

    def _special(self, name: str) -> Iterator[Kwargs]:
        match name:
            case "public:article":
                yield from ({"slug": slug} for slug in self.articles)
            case "public:step":
                yield {"token": self.drafts, "slug": "revisar"}
            case "public:receipt":
                yield {"token": self.sent}
            case "public:children" | "public:limits_of":
                yield {"code": "08"}
            case "desk:mailbox_letter":
                yield from _keys(OutboundMessage)
            case "desk:callback":
                yield from _keys(CallBack)
            case "desk:intake_screen":
                yield from ({"token": token} for token in _desk_drafts())


def _keys(model: Any) -> Iterator[Kwargs]:
    yield from ({"pk": pk} for pk in model.objects.order_by("-pk").values_list("pk", flat=True)[:5])


def _of_the_administration(name: str) -> Iterator[Kwargs]:
    """An object of the model that the name of the route, `admin:app_model_change`, says."""
    app, model, _page = name.removeprefix("admin:").rsplit("_", 2)
    for pk in apps.get_model(app, model)._default_manager.values_list("pk", flat=True)[:1]:
        yield {"object_id": pk}


def _one_of_each_status() -> list[int]:
    """Cases to show, those with the longest story of each status first."""
    statuses = Case.objects.order_by().values_list("status", flat=True).distinct()
    found = []
    for status in statuses:
        busy = Case.objects.filter(status=status).order_by("-cycle", "-pk")
        found += [*busy.values_list("pk", flat=True)[:3]]
    mine = Case.objects.filter(agency__acronym="IDAAN", status="in_progress").order_by("-pk")
    sealed = Case.objects.filter(confidentiality="sealed").order_by("-pk")
    return [
        *mine.values_list("pk", flat=True)[:2], *found, *sealed.values_list("pk", flat=True)[:2]
    ]  # fmt: skip


def _sent_report() -> UUID:
    (token,) = make_drafts(1, session=False)
    client = Client(SERVER_NAME="localhost")
    client.post(f"/reportar/{token}/revisar/", {"website": ""}, REMOTE_ADDR="10.255.0.2")
    return token


def _desk_drafts() -> Iterator[UUID]:
    operator = Assignment.objects.current().filter(role=Role.OPERATOR).order_by("pk").first()
    if operator is None:
        return
    client = sign_in(User.objects.get(pk=operator.user_id).username)
    client.post("/mesa/atender/", {"channel": "phone", "who": "6612-3456"})
    yield from Draft.objects.filter(face="desk", user=operator.user_id).values_list(
        "token", flat=True
    )[:1]


if __name__ == "__main__":
    main()
