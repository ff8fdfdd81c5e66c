"""A small world with something behind every address of the site, and who may ask for all of it.

New routes are found by walking the URL resolver, new forms by reading the pages, so that nobody
has to list them here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import chain, product
from typing import Any
from uuid import UUID, uuid4

from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, resolve, reverse
from django.urls.exceptions import Resolver404

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case
from centro.catalog.actions.routing import RuleData
from centro.catalog.calendars import version_in_force
from centro.catalog.models import Question, RoutingRule
from centro.channels.models import OutboundMessage
from centro.contacts.actions import claim_call_back, request_call_back
from centro.contacts.models import CallBack, Draft
from centro.files.actions import keep_photo
from centro.files.models import StoredFile
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import today
from centro.knowledge.models import Article
from centro.web.public.drafts import ALL_STEPS
from tests import make
from tests.cases.deciding import closure, draft, propose
from tests.insights.planning import enter, indicator
from tests.repo.test_routes import routes
from tests.web.test_public_intake import picture

# What asks for more than a page: signing out and second factors end the session that asks.
LEFT_OUT = {"account_logout", "public:leave"}
CENTRE = (
    Role.OPERATOR, Role.SUPERVISOR, Role.DENUNCIATIONS, Role.AUDITOR, Role.ADMINISTRATOR,
    Role.PRESIDENCY, Role.DIRECTOR,
)  # fmt: skip
TEXT = "Se rompió un tubo frente a la escuela y nadie viene"


@dataclass(frozen=True)
class Field:
    """One box of a form as a page drew it, with what a person might honestly put there."""

    name: str
    kind: str
    values: tuple[str, ...]


@dataclass
class World:
    """Everybody's cookies, the values for addresses by name, and the forms of its pages."""

    somebody: dict[str, str]  # cookies of a citizen who opened every case
    staff: dict[str, str]  # cookies of one person with every post
    values: dict[str, list[Any]]
    forms: dict[str, list[Field]] = field(default_factory=dict)

    def client(self, cookies: dict[str, str]) -> Client:
        client = Client(raise_request_exception=False)
        for name, value in cookies.items():
            client.cookies[name] = value
        return client

    def cookies_for(self, name: str) -> dict[str, str]:
        return self.staff if name.startswith(("desk:", "admin:", "mfa_")) else self.somebody

    def addresses(self, name: str, route: URLPattern) -> list[str]:
        """The addresses of a route in this world: one for each thing that it can be about."""
        wanted = list(route.pattern.converters)
        known = [self.values.get(f"{name}.{key}") or self.values.get(key, ["1"]) for key in wanted]
        found = []
        for chosen in product(*known):
            try:
                found.append(reverse(name, kwargs=dict(zip(wanted, chosen, strict=True))))
            except NoReverseMatch:
                continue
        return found

    @cached_property
    def everything(self) -> list[tuple[str, list[str]]]:
        """Every route of the public face, the desk and the accounts, with its addresses."""
        return [
            (name, self.addresses(name, route))
            for name, route in routes(get_resolver())
            if not name.startswith("admin:") and name not in LEFT_OUT
        ]

    def read_forms(self) -> None:
        """Open every page and note every form that is sent by POST, by the route it goes to."""
        for name, addresses in self.everything:
            client = self.client(self.cookies_for(name))
            for address in addresses:
                if name in self.forms and name != "public:step":
                    break
                response = client.get(address)
                content = b"".join(response)  # read to its end, so that files are closed
                assert response.status_code < 500, f"{address}: {response.status_code}"
                if response.get("Content-Type", "").startswith("text/html"):
                    self._note(address, BeautifulSoup(content.decode(), "html.parser"))

    def _note(self, address: str, page: BeautifulSoup) -> None:
        for form in page.select("form[method=post]"):
            fields = list(_fields(form))
            ways = [form.get("action") or address]
            ways += [str(button["formaction"]) for button in form.select("[formaction]")]
            for way in ways:
                name = _route_of(str(way))
                known = {f.name: f for f in self.forms.get(name, [])}
                self.forms[name] = list((known | {f.name: f for f in fields}).values())


def _route_of(address: str) -> str:
    try:
        return resolve(address.partition("?")[0].partition("#")[0]).view_name
    except Resolver404:
        return ""


def _fields(form: Tag) -> Iterator[Field]:
    seen: dict[str, list[str]] = {}
    for box in form.select("input[name], select[name], textarea[name], button[name]"):
        name = str(box["name"])
        if name != "csrfmiddlewaretoken":
            kind = str(box.get("type", box.name)) if box.name != "button" else "button"
            options = [str(o.get("value", "")) for o in box.select("option")]
            seen.setdefault(name, [kind]).extend(options or [str(box.get("value", ""))])
    for name, (kind, *values) in seen.items():
        yield Field(name, kind, tuple(dict.fromkeys(values)))


def make_world() -> World:
    """Cases in every state with all that may hang on them, drafts of both faces, a call to make."""
    panama = make.place()
    service = make.service(requires_place=True)
    for kind in Question.Kind.values:
        Question.objects.create(
            service_type=service, key=f"k-{kind}", label=kind, kind=kind, required=False,
            choices=["uno", "dos"] if kind == "choice" else [],
        )  # fmt: skip
    make.service(agency=None)
    agency = service.agency
    assert agency is not None
    user = everybody(agency)
    event = make.incident(cases=[make.case(service=service, place=panama)], told="Ya lo sabemos.")
    top = make.at_the_top(service=service, place=panama)
    instruction = actions.instruct_agency(
        agency=agency,
        cases=[make.at_the_top(service=service, place=panama)],
        text="Resuelvan.",
        days=3,
        by=actor_of(user),
    )
    cases = list(_cases(service, panama, user))
    drafts = [_public_draft(service.code), _public_draft("")]
    Article.objects.create(slug="horario", title="Horario", body="De 8 a 4", language="es")
    message = OutboundMessage.objects.first()
    request_call_back(
        reference=cases[0].number, person=None, phone="+50766123456", reason="ask", text="¿Dónde?"
    )
    claim_call_back(user=user)
    staff = Client()
    staff.force_login(user)
    for channel in ("phone", "mail"):
        staff.post("/mesa/atender/", {"channel": channel})
    screens = list(Draft.objects.filter(face="desk").values_list("token", flat=True)[:1])
    photos = [photo.pk for case in cases for photo in case.photos.all()][:1]
    values: dict[str, list[Any]] = {
        "number": [case.number for case in cases],
        "code": [panama.code],
        "token": [*drafts, cases[0].intake_token],
        "key": list(StoredFile.objects.values_list("key", flat=True)[:2]),
        "public:step.slug": [step.slug for step in ALL_STEPS],
        "public:article.slug": ["horario"],
        "slug": ["derivar", "reclasificar", "cerrar", "duplicado"],
        "part": ["servicios", "preguntas", "lugares", "cercanos", "personas", "historia"],
        "pk": photos or [1],
        **{f"{name}.pk": [event.pk] for name, _ in routes(get_resolver()) if _of_event(name)},
        "desk:instruction.pk": [instruction.pk],
        "desk:instruction_withdraw.pk": [instruction.pk],
        "desk:matter.key": [f"c{top.pk}"],
        "desk:instruct.key": [f"c{top.pk}"],
        "desk:mailbox_letter.pk": [message.pk if message else 1],
        "desk:callback.pk": list(CallBack.objects.values_list("pk", flat=True)),
        "uidb36": ["1"],
    }
    plans = [make.live_plan(make.rule(kind="idea")), make.draft_plan(*map(_rule, range(3)))]
    rules = list(RoutingRule.objects.filter(plan=plans[-1]).values_list("pk", flat=True))
    for route, _ in routes(get_resolver()):
        if route.startswith("desk:routing"):
            values[f"{route}.number"] = [plan.number for plan in plans]
            values[f"{route}.pk"] = rules
        if route.startswith("desk:intake"):
            values[f"{route}.token"] = screens or [uuid4()]
    values |= _terms(service) | _plan()
    world = World(_opened(cases), {k: m.value for k, m in staff.cookies.items()}, values)
    world.read_forms()
    return world


def _terms(service: Any) -> dict[str, list[Any]]:
    """A draft of a calendar, a proposal, and clocks that follow: what their addresses name."""
    made, proposed = draft(closure((today() + timedelta(days=30)).isoformat())), propose(service)
    work = actions.begin_retargeting(version=version_in_force(made.calendar.code), by=SYSTEM)
    values: dict[str, list[Any]] = {"desk:retargeting.pk": [work.pk]}
    for route, _ in routes(get_resolver()):
        if route.startswith("desk:calendar"):
            values[f"{route}.code"] = [made.calendar.code]
            values[f"{route}.number"] = [made.number, made.number - 1]
        if route.startswith("desk:agreement"):
            values[f"{route}.service"] = [service.code]
            values[f"{route}.pk"] = [proposed.pk]
    return values


def _plan() -> dict[str, list[Any]]:
    """A strategic plan whose every part has an address."""
    one = indicator(targets={today().year: 80})
    enter(one, today().year, 70)
    values: dict[str, list[Any]] = {}
    for route, _ in routes(get_resolver()):
        if route.startswith("desk:plan"):
            values[f"{route}.pk"] = [one.pk]
    for name in ("plan_one", "plan_close", "plan_objective_add"):
        values[f"desk:{name}.pk"] = [one.objective.plan_id]
    for name in ("plan_objective", "plan_objective_retire", "plan_indicator_add"):
        values[f"desk:{name}.pk"] = [one.objective_id]
    return values


def _of_event(name: str) -> bool:
    return name.startswith(("desk:event", "public:event")) or name == "public:me_too"


def _rule(n: int) -> RuleData:
    return make.rule(name=f"Regla {n}", kind="idea", place=make.place())


def everybody(agency: Any) -> User:
    """One person with every post that has something to do."""
    user = make.user(Role.LIAISON, agency)
    Assignment.objects.bulk_create(
        [Assignment(user=user, role=role, starts=today()) for role in CENTRE]
    )
    return User.objects.get(pk=user.pk)


def _cases(service: Any, place: Any, user: User) -> Iterator[Any]:
    by = actor_of(user)

    def one(**fields: Any) -> Any:
        return make.case(
            **{"service": service, "place": place, "reporter": make.reporter()} | fields
        )

    photo = keep_photo(upload=picture(), by=citizen())
    assigned = one(photos=[photo], intake_token=uuid4())
    yield assigned
    started = one()
    actions.start_case(case=started, by=by)
    yield started
    asked = one()
    actions.ask_citizen(case=asked, text="¿Dónde?", until=asked.due_at, by=by)
    yield asked
    solved = one()
    yield actions.resolve_case(case=solved, text="Listo", by=by)
    closed = one()
    actions.resolve_case(case=closed, text="Listo", by=by)
    yield actions.confirm_case(case=closed, by=citizen())
    double = one()
    actions.mark_duplicate(case=double, of=assigned, by=by)
    yield double
    offered = one()
    actions.propose_transfer(case=offered, to=make.agency(), text="Es suyo", by=by)
    yield offered
    coming = make.case(service=make.service(), reporter=make.reporter())
    other = actor_of(make.user(Role.LIAISON, coming.agency))
    actions.propose_transfer(case=coming, to=service.agency, text="Es suyo", by=other)
    yield coming
    yield make.case(service=make.service(agency=None))
    yield one(service=make.service(agency=service.agency, confidentiality="sealed"))


def _public_draft(service: str) -> UUID:
    client, token = Client(), uuid4()
    client.post("/reportar/", {"token": token, "description": TEXT, "service": service})
    client.post(f"/reportar/{token}/fotos/", {"photos": picture()})
    return token


def _opened(cases: list[Case]) -> dict[str, str]:
    client = Client()
    for case in cases:
        client.post("/seguimiento/", {"number": case.number, "code": case.code})
    return {key: morsel.value for key, morsel in client.cookies.items()}


def posted(world: World) -> Iterator[tuple[str, list[str]]]:
    """Routes that take a POST, in this world: those that do not refuse the method."""
    for name, addresses in world.everything:
        client = world.client(world.cookies_for(name))
        if addresses and client.post(addresses[0]).status_code != 405:
            yield name, addresses


def every_field(world: World) -> list[Field]:
    return list({f.name: f for f in chain.from_iterable(world.forms.values())}.values())
