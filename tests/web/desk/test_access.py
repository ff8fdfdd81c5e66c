"""Who gets in where: every route of the desk against every role, and the three confidentialities.

Each role is a letter; a row says with which status each letter is answered. What a row does not
name is barred: 403.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from centro.accounts.roles import Role
from centro.agencies.models import Absence
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import begin_retargeting
from centro.cases.models import Case, ClosureAudit, Escalation, Notice
from centro.catalog.calendars import version_in_force
from centro.channels.channel import Part
from centro.channels.models import Attachment, OutboundMessage
from centro.channels.reading import store_raw
from centro.contacts.actions import request_call_back
from centro.contacts.models import CallBack, CannedReply
from centro.insights.actions import annotate_days
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import now, today
from centro.places.stamps import forget_copies
from centro.web.desk.doings import DOINGS
from tests import make, talks
from tests.cases.deciding import draft, propose
from tests.channels.mails import mailbox, take_in
from tests.insights.planning import indicator
from tests.web.desk.test_case_page import content_of, official_unit, stored

pytestmark = pytest.mark.usefixtures("_files")
LETTERS = {
    "O": Role.OPERATOR, "S": Role.SUPERVISOR, "Q": Role.QUALITY, "D": Role.DIRECTOR,
    "L": Role.LIAISON, "X": Role.EXECUTIVE, "F": Role.OFFICIAL, "H": Role.HEAD,
    "P": Role.PRESIDENCY, "N": Role.DENUNCIATIONS, "E": Role.EDITOR, "A": Role.AUDITOR,
    "M": Role.ADMINISTRATOR,
}  # fmt: skip
TERMS = "SDALXHM"  # reads calendars and agreements
PLAN = "DPSAQXH"  # reads the strategic plan
TALK = "OSDLXN"  # reads conversations: the centre all, an entity its own, N those of sealed cases
READS = "OSQDLXFHPA"  # sees an open case of the entity; N reads sealed ones only

# Routes without an object: letters that get in.
SCREENS: dict[str, tuple[str, str]] = {
    "home": ("GET", "OSQDLXFHPNEAM"),
    "search": ("GET", READS + "N"),
    "notices": ("GET", READS + "N"),
    "notices_read": ("POST", READS + "N"),
    "escalated": ("GET", "SDLXHPNA"),
    "absences": ("GET", "OSQDLXFHPNEAM"),
    "intake": ("GET", "OS"),
    "contacts": ("GET", "OS"),
    "inbox": ("GET", READS + "N"),
    "assign_many": ("POST", "SLX"),
    "save_filter": ("POST", READS + "N"),
    "drop_filter": ("POST", READS + "N"),
    "triage": ("GET", "OS"),
    "supervisor": ("GET", "SDP"),
    "audits": ("GET", "Q"),
    "audit_scores": ("GET", "LXHSDA"),
    "sealed": ("GET", "N"),
    "looks": ("GET", "A"),
    "mailbox": ("GET", "SM"),
    "callbacks": ("GET", "OSN"),
    "callback_claim": ("POST", "OSN"),
    "events": ("GET", READS),
    "event_new": ("GET", "OSLX"),
    "presidency": ("GET", "PD"),
    "instructions": ("GET", "PDSAHXL"),
    "routing": ("GET", "SDMLXA"),
    "routing_start": ("POST", "SDM"),
    "calendars": ("GET", TERMS),
    "agreements": ("GET", TERMS),
    "figures": ("GET", "SQDPALXFH"),
    "plan": ("GET", PLAN),
    "plan_begin": ("GET", "D"),
    "reports_mail": ("GET", "SQDPALXFH"),
    "counter": ("GET", "OSLF"),
    "number_blocks": ("GET", "OSLF"),
    "press": ("GET", "OSDPALXH"),
    "press_new": ("GET", "OSD"),
    "channels": ("GET", "SDM"),
    "channel_books": ("GET", "SDM"),
    "talks": ("GET", TALK),
    "talks_live": ("GET", TALK),
    "talk_next": ("POST", TALK),
    "shift": ("GET", TALK),
    "canned": ("GET", "SD"),
    "skills": ("GET", "SD"),
    "surge": ("GET", "SD"),
}
# Routes of an object, asked of an open case of one's own entity (or of nobody in particular):
# letters answered 200, 302 or 409, letters told 404; the rest are barred.
OBJECTS: dict[str, tuple[str, str, str]] = {
    "case": ("GET", READS, "N"),
    "case_rung": ("GET", "SDLXFHP", "N"),
    "notice": ("GET", "", READS + "N"),  # shown to whom it was written for only
    "absence_end": ("POST", "", "OSQDLXFHPNEAM"),
    "case_photo": ("GET", READS, "N"),
    "case_photo_mini": ("GET", READS, "N"),
    "case_photo_full": ("GET", READS, "N"),
    "case_reporter": ("POST", "OSDLXF", "N"),
    "case_revoke": ("POST", "", "N"),
    "mailbox_letter": ("GET", "SM", ""),
    "audit": ("GET", "Q", ""),
    "triage_case": ("GET", "OS", ""),
    "triage_way": ("GET", "OS", ""),
    "callback": ("GET", "", "OSN"),  # shown to who has taken it only
    "intake_screen": ("GET", "OS", ""),
    "intake_keep": ("POST", "OS", ""),
    "intake_discard": ("POST", "OS", ""),
    "intake_part": ("POST", "OS", ""),
    "intake_answer": ("POST", "OS", ""),
    "intake_emergency": ("GET", "OS", ""),
    "intake_join": ("POST", "OS", ""),
    "intake_count": ("POST", "OS", ""),
    "event": ("GET", READS, ""),
    "event_gather": ("POST", "", "OSLX"),  # of a suggestion that is gone
    "event_join": ("POST", "OSLX", ""),
    "event_leave": ("POST", "", "OSLX"),  # of a case that nobody named
    "event_announce": ("POST", "OSLX", ""),
    "event_hush": ("POST", "OSLX", ""),
    "event_solve": ("POST", "SLX", ""),
    "event_dissolve": ("POST", "SLX", ""),
    "matter": ("GET", "PD", ""),
    "instruct": ("POST", "P", ""),
    "instruction": ("GET", "PDSAHXL", ""),
    "instruction_withdraw": ("POST", "P", ""),
    "intake_done": ("GET", "OS", ""),
    # Asked of a draft; without what was seen nothing is changed (409).
    "routing_plan": ("GET", "SDM", "LXA"),
    "routing_trial": ("GET", "SDM", ""),
    "routing_publish": ("GET", "SDM", ""),
    "routing_discard": ("POST", "SDM", ""),
    "routing_add": ("GET", "SDM", ""),
    "routing_rule": ("GET", "SDM", ""),
    "routing_move": ("POST", "SDM", ""),
    "routing_remove": ("POST", "SDM", ""),
    "calendar": ("GET", TERMS, ""),
    "calendar_version": ("GET", TERMS, ""),
    "calendar_begin": ("POST", "DM", ""),
    "calendar_close": ("POST", "DM", ""),
    "calendar_declare": ("POST", "DM", ""),
    "calendar_drop": ("POST", "DM", ""),
    "calendar_week": ("POST", "DM", ""),
    "calendar_renew": ("POST", "DM", ""),
    "calendar_discard": ("POST", "DM", ""),
    "calendar_preview": ("GET", "DM", ""),
    "agreement": ("GET", TERMS, ""),
    "agreement_version": ("GET", TERMS, ""),
    "agreement_propose": ("GET", "LDM", ""),
    "agreement_approve": ("POST", "XDM", ""),
    "agreement_refuse": ("POST", "XDM", ""),
    "agreement_withdraw": ("POST", "", ""),  # only by who proposed it
    "retargeting": ("GET", TERMS, ""),
    # Asked of a conversation by an account of the entity.
    "talk": ("GET", "OSDLX", "N"),
    "talk_live": ("GET", "OSDLX", "N"),
    "talk_hints": ("GET", "OSDLX", "N"),
    "talk_file": ("GET", "OSDLX", "N"),
    "talk_file_mini": ("GET", "", TALK),  # of a file that is no photo
    "talk_reply": ("POST", "OSDLX", "N"),
    "talk_note": ("POST", "OSDLX", "N"),
    "talk_close": ("GET", "OSDLX", "N"),
    "talk_reopen": ("POST", "OSDLX", "N"),  # not ended: 409
    "talk_spam": ("POST", "OSDLX", "N"),
    "talk_take": ("POST", "OSDLX", "N"),
    "talk_release": ("POST", "OSDLX", "N"),
    "talk_assign": ("GET", "OSDLX", "N"),
    "talk_case": ("POST", "OS", ""),
    "talk_link": ("GET", "OSDLX", "N"),
    "talk_unlink": ("POST", "", TALK),  # of a case that nobody named
    "talk_merge": ("GET", "OSDLX", "N"),
    "talk_split": ("POST", "", TALK),  # at a message that nobody named
    "talk_person": ("POST", "", TALK),  # somebody whom nobody proposed
    "talk_event": ("POST", "", TALK),  # an event that is over
    "canned_one": ("GET", "SD", ""),
    "canned_drop": ("POST", "SD", ""),
    # Of the country alone: who counts an entity only does not find it.
    "dashboard": ("GET", "SQDPA", "LXFH"),
    "dashboard_file": ("GET", "SQDPA", "LXFH"),
    "metric": ("GET", "SQDPALXFH", ""),
    "plan_one": ("GET", PLAN, ""),
    "plan_indicator": ("GET", PLAN, ""),
    # Only the direction writes; empty forms come back.
    "plan_objective_add": ("POST", "D", ""),
    "plan_objective": ("POST", "D", ""),
    "plan_objective_retire": ("POST", "D", ""),
    "plan_indicator_add": ("POST", "D", ""),
    "plan_indicator_words": ("POST", "D", ""),
    "plan_targets": ("POST", "D", ""),
    "plan_measure": ("POST", "D", ""),
    "plan_comment": ("POST", "D", ""),
    "plan_indicator_retire": ("POST", "D", ""),
    "plan_close": ("POST", "D", ""),
    "report_subscribe": ("GET", "SQDPA", "LXFH"),
    "report_end": ("POST", "", "SQDPALXFH"),  # one's own only
    "number_block": ("GET", "OS", "LF"),
    "number_void": ("POST", "OS", "LF"),  # nothing is named: 422
    "press_clip": ("GET", "", "OSDPALXH"),  # of a piece without one
    "channel_new": ("GET", "M", ""),
    "channel_account": ("GET", "M", ""),
    "channel_test": ("POST", "M", ""),
    "channel_event": ("GET", "SDM", ""),
    "channel_replay": ("POST", "SM", ""),
    "annotate": ("GET", "SD", "X"),
    "annotation_remove": ("POST", "SD", "X"),  # gone by the time the entity asks
}
ENDS = {
    "event_solve",
    "event_dissolve",
    "event_hush",
    "event_announce",
    "instruct",
    "instruction_withdraw",
    "calendar_discard",
    "agreement_approve",
    "annotation_remove",
    "talk_reopen",
    "talk_spam",
    "talk_take",
    "canned_one",
    "canned_drop",
}
# What may be done to an assigned open case of one's entity: letters offered it, letters told that
# it is not for now or not for them there (409, 403); the rest are barred or do not reach it.
DOES: dict[str, str] = {
    "aceptar": "", "rechazar": "", "derivar": "", "continuar": "", "confirmar": "", "reabrir": "",
    "separar": "", "acceso": "",
    "empezar": "SLXF", "resolver": "SLXF", "preguntar": "SLXF", "esperar": "SLXF",
    "encargar": "SLX", "trasladar": "SLX", "cerrar": "S",
    "avance": "OSLXF", "nota": "OSLXF", "intento": "OSLXF", "fotos": "OSLXF",
    "informacion": "OS", "desistir": "OS", "reclasificar": "OSLX", "duplicado": "OSLX",
    "confidencialidad": "S",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """An entity with an open case that has a photo, a message and a call to make."""

    case: Case
    values: dict[str, dict[str, Any]]

    clients: dict[Role, Client] = field(default_factory=dict)

    def user(self, role: Role):
        agency = self.case.agency if role in make.AGENCY_ROLES else None
        return make.user(role, agency, unit=self.case.unit if role == Role.OFFICIAL else None)

    def ask(self, role: Role, name: str, method: str = "GET") -> int:
        return status_of(self.clients[role], name, method, self.values.get(name, {}))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def answer(user, name: str, method: str, kwargs: dict[str, Any]) -> int:
    return status_of(signed_in(user), name, method, kwargs)


def status_of(client: Client, name: str, method: str, kwargs: dict[str, Any]) -> int:
    response = client.generic(method, reverse(f"desk:{name}", kwargs=kwargs))
    content_of(response)
    return response.status_code


@pytest.fixture(scope="module")
def world(lasting: Path) -> World:
    forget_copies()  # of what an earlier test of this module read
    made = make_world()
    made.clients.update({role: signed_in(made.user(role)) for role in LETTERS.values()})
    return made


@pytest.fixture
def _files(lasting: Path, settings: Any) -> None:
    settings.FILES_ROOT = lasting


def make_world() -> World:
    case = make.case(reporter=make.reporter(), photos=[stored()])
    photo, number = case.photos.get().pk, case.number
    request_call_back(
        reference=number, person=case.person, phone="+50766123456", reason="inform", text="Aviso"
    )
    top = make.at_the_top(service=case.service)
    event = make.incident(cases=[make.case(service=case.service, place=make.place())])
    instruction = actions.instruct_agency(
        agency=case.agency,
        cases=[case],
        text="Resuelvan.",
        days=3,
        by=actor_of(make.user(Role.PRESIDENCY)),
    )
    stranger = make.user(Role.LIAISON)
    told = Notice.objects.create(user=stranger, case=case, kind="rung")
    away = Absence.objects.create(user=stranger, starts=today(), ends=today())
    record = Escalation.objects.create(
        case=case, cycle=1, rung=1, clock=case.clocks.get(metric="solution"), share=75, moment=now()
    )
    by = actor_of(make.user(Role.DIRECTOR))
    note = annotate_days(day=today(), words="Tormenta", by=by)
    token = {"token": uuid4()}
    other = make.case()
    actions.resolve_case(case=other, text="Se hizo.", by=SYSTEM)
    actions.confirm_case(case=other, by=citizen())
    audit = ClosureAudit.objects.create(case=other, cycle=1, agency=other.agency)
    values: dict[str, dict[str, Any]] = {
        "drop_filter": {"pk": 0},
        "case_rung": {"number": number, "pk": record.pk},
        "notice": {"pk": told.pk},
        "absence_end": {"pk": away.pk},
        "case_revoke": {"number": number, "pk": 0},
        "mailbox_letter": {"pk": OutboundMessage.objects.get().pk},
        "audit": {"pk": audit.pk},
        "triage_way": {"number": number, "slug": "derivar"},
        "callback": {"pk": CallBack.objects.get().pk},
        "intake_part": token | {"part": "servicios"},
    }
    for name in ("case", "case_reporter", "triage_case"):
        values[name] = {"number": number}
    for name in ("case_photo", "case_photo_mini", "case_photo_full"):
        values[name] = {"number": number, "pk": photo}
    plan = make.draft_plan(make.rule(kind="idea"))
    for name in ("plan", "trial", "publish", "discard", "add"):
        values[f"routing_{name}"] = {"number": plan.number}
    for name in ("rule", "move", "remove"):
        values[f"routing_{name}"] = {"number": plan.number, "pk": plan.rules.get().pk}
    for name in ("screen", "keep", "discard", "answer", "emergency", "join", "count", "done"):
        values[f"intake_{name}"] = token
    for way in ("", "_join", "_leave", "_announce", "_hush", "_solve", "_dissolve"):
        values[f"event{way}"] = {"pk": event.pk}
    values |= {name: {"key": f"c{top.pk}"} for name in ("matter", "instruct")}
    values |= {name: {"pk": instruction.pk} for name in ("instruction", "instruction_withdraw")}
    for doing in DOINGS:
        values[doing.key] = {"number": number}
    values |= {
        "dashboard": {"slug": "presidencia"},
        "dashboard_file": {"slug": "presidencia", "form": "csv"},
        "metric": {"name": "overdue"},
        "report_subscribe": {"slug": "presidencia"},
        "report_end": {"pk": 0},
        "annotate": {"slug": "presidencia"},
        "annotation_remove": {"pk": note.pk},
    }
    by = actor_of(front := make.user(Role.OPERATOR))
    block = actions.reserve_numbers(counter="Uno", count=2, agency=None, user=front, by=by)
    values |= {"number_block": {"pk": block.pk}, "number_void": {"pk": block.pk}}
    values |= channels_of() | {"press_clip": {"pk": 0}}
    return World(case, values | terms_of(case) | plan_of() | talks_of(case))


def talks_of(case: Case) -> dict[str, dict[str, Any]]:
    """A conversation by an account of the case's entity, with a file, and a ready answer."""
    text = Part(name="nota.txt", data=b"hola")
    talk = talks.talk(to=talks.account(agency=case.agency), parts=[text])
    found = {name: {"pk": talk.pk} for name in OBJECTS if name.startswith("talk")}
    file = {"pk": talk.pk, "file": Attachment.objects.get().pk}
    ready = {"pk": CannedReply.objects.create(name="Horario", body="A las ocho.").pk}
    found |= {"talk_file": file, "talk_file_mini": file}
    return found | {"canned_one": ready, "canned_drop": ready}


def channels_of() -> dict[str, dict[str, Any]]:
    """An account with something that came in and could not be read."""
    account = mailbox(slug="acceso", address="acceso@centro311.example")
    raw_id = store_raw(account=account, body=b"\x00", way="lmtp")
    take_in(raw_id)
    slug, pk = {"slug": account.slug}, {"pk": raw_id}
    return {
        "channel_new": {"kind": "email"}, "channel_account": slug, "channel_test": slug,
        "channel_event": pk, "channel_replay": pk,
    }  # fmt: skip


def plan_of() -> dict[str, dict[str, Any]]:
    """A strategic plan with an objective and an indicator."""
    one = indicator()
    objective, plan = one.objective_id, one.objective.plan_id
    found = {name: {"pk": plan} for name in ("plan_one", "plan_close", "plan_objective_add")}
    for name in ("plan_objective", "plan_objective_retire", "plan_indicator_add"):
        found[name] = {"pk": objective}
    for name in ("indicator", "indicator_words", "targets", "measure", "comment"):
        found[f"plan_{name}"] = {"pk": one.pk}
    return found | {"plan_indicator_retire": {"pk": one.pk}}


def terms_of(case: Case) -> dict[str, dict[str, Any]]:
    """A draft of the office calendar, a proposal for the case's service, and clocks that follow."""
    made, proposed = draft(), propose(case.service)
    work = begin_retargeting(version=version_in_force("oficina"), by=SYSTEM)
    code = {"code": made.calendar.code}
    found: dict[str, dict[str, Any]] = {"retargeting": {"pk": work.pk}}
    for name in ("calendar", "calendar_begin", "calendar_close"):
        found[name] = code
    for name in ("version", "declare", "drop", "week", "renew", "discard", "preview"):
        found[f"calendar_{name}"] = code | {"number": made.number}
    for name in ("agreement", "agreement_propose"):
        found[name] = {"service": case.service.code}
    for name in ("version", "approve", "refuse", "withdraw"):
        found[f"agreement_{name}"] = {"service": case.service.code, "pk": proposed.pk}
    return found


def routes() -> set[str]:
    _prefix, resolver = get_resolver().namespace_dict["desk"]
    return {name for name in resolver.reverse_dict if isinstance(name, str)}


def test_every_route_of_the_desk_is_in_the_tables():
    listed = {*SCREENS, *OBJECTS, *(doing.key for doing in DOINGS)}
    assert routes() == listed
    assert set(DOES) == {doing.slug for doing in DOINGS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCREENS)
def test_screens(name: str, world: World):
    method, inside = SCREENS[name]
    for letter, role in LETTERS.items():
        status = world.ask(role, name, method)
        # A draft that is begun already is said to be (409).
        assert (status in {200, 302, 409}) == (letter in inside), (name, role, status)
        assert letter in inside or status == 403, (name, role, status)


@pytest.mark.slow
@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name: str, world: World):
    method, inside, absent = OBJECTS[name]
    for letter, role in LETTERS.items():
        status = world.ask(role, name, method)
        if letter in inside:
            # 404 from a draft that is somebody else's is still inside; 422 an empty form.
            # What is done once cannot be done again: the next of the roles is told so.
            again = name.startswith(("intake", "routing")) or name in ENDS
            allowed = {200, 302, 404, 409, 422} if again else {200, 302, 422}
            assert status in allowed, (name, role, status)
        else:
            assert status == (404 if letter in absent else 403), (name, role, status)


@pytest.mark.slow
@pytest.mark.parametrize("slug", DOES)
def test_what_each_may_do_to_an_open_case(slug: str, world: World):
    doing = next(d for d in DOINGS if d.slug == slug)
    for letter, role in LETTERS.items():
        status = world.ask(role, doing.key)
        if letter in DOES[slug]:
            assert status == 200, (slug, role, status)
        elif role not in doing.roles:
            assert status == 403, (slug, role, status)
        else:
            # In the post, but not now (409), not in this case (403), or out of reach (404).
            out_of_reach = role == Role.DENUNCIATIONS
            assert status == 404 if out_of_reach else status in {403, 409}, (slug, role, status)


@pytest.mark.slow
@pytest.mark.parametrize("role", sorted(make.AGENCY_ROLES))
def test_another_entity_s_case_does_not_exist(role: Role, world: World):
    stranger = make.user(role)
    for name in ("case", "case_photo", "case_photo_mini", "case_reporter"):
        method = OBJECTS[name][0]
        assert answer(stranger, name, method, world.values[name]) == 404, name
    letter = next(letter for letter, one in LETTERS.items() if one == role)
    for name in (name for name in OBJECTS if name.startswith("agreement")):
        method, inside, _absent = OBJECTS[name]
        expected = 404 if letter in (inside or "LDM") else 403
        assert answer(stranger, name, method, world.values[name]) == expected, name
    for doing in DOINGS:
        expected = 404 if role in doing.roles else 403
        for method in ("GET", "POST"):
            assert answer(stranger, doing.key, method, world.values[doing.key]) == expected


def test_a_post_for_another_province_or_unit_does_not_reach_it():
    here, there = make.place(), make.place()
    case = make.case(place=here)
    other_unit = make.unit(case.agency)
    for user, expected in (
        (make.user(Role.LIAISON, case.agency, province=here.province), 200),
        (make.user(Role.LIAISON, case.agency, province=there.province), 404),
        (make.user(Role.LIAISON, case.agency, unit=other_unit), 404),
        (make.user(Role.OFFICIAL, unit=other_unit), 404),
        (make.user(Role.OFFICIAL, unit=case.unit), 200),
    ):
        assert answer(user, "case", "GET", {"number": case.number}) == expected


def test_nobody_gets_in_without_signing_in(world: World):
    client = Client()
    for name in routes():
        where = reverse(f"desk:{name}", kwargs=world.values.get(name, {}))
        for method in ("GET", "POST"):
            response = client.generic(method, where)
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("account_login")), name


@pytest.mark.slow
def test_who_holds_no_post_today_gets_nowhere(world: World):
    nobody = make.user(None)
    for name in routes() - {"case_reporter"}:
        method = (SCREENS.get(name) or OBJECTS.get(name) or ("GET",))[0]
        assert answer(nobody, name, method, world.values.get(name, {})) == 403, name


# ---- What each role sees of a case, by its confidentiality ----
# page · reporter on the page (shown, ask: on request, no) · in the inbox · found by its text ·
# found by the reporter's name
SIGHT: dict[str, dict[str, tuple[int, str, bool, bool, bool]]] = {
    "open": {
        "OSLXF": (200, "shown", True, True, True),
        "D": (200, "shown", True, True, True),
        "QHPA": (200, "no", True, True, False),
        "N": (404, "no", False, False, False),
        "EM": (403, "no", False, False, False),
    },
    "reserved": {
        "OS": (200, "ask", True, True, True),
        "LXFDQHPA": (200, "no", True, True, False),
        "N": (404, "no", False, False, False),
        "EM": (403, "no", False, False, False),
    },
    "sealed": {
        "N": (200, "ask", True, True, True),
        "OSQDLXFHPA": (404, "no", False, False, False),
        "EM": (403, "no", False, False, False),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("level", SIGHT)
def test_what_each_role_sees(level: str):
    case = make.case(
        confidentiality=level,
        description="Zanja abierta frente al quiosco",
        reporter=make.reporter(name="Rosalinda Quintero"),
    )
    kept = Case.objects.get(pk=case.pk)
    here = World(case, {})
    assert sorted("".join(SIGHT[level])) == sorted(LETTERS)
    for letters, (page, reporter, in_inbox, by_text, by_name) in SIGHT[level].items():
        for letter in letters:
            user = here.user(LETTERS[letter])
            client = Client()
            client.force_login(user)
            response = client.get(reverse("desk:case", kwargs={"number": case.number}))
            text = response.content.decode()
            told = reverse("desk:case_reporter", kwargs={"number": case.number})
            asks = client.post(told, {"why": "Hay que llamarle"})
            found = {
                "page": response.status_code,
                "reporter": "shown"
                if "Rosalinda" in text
                else "ask"
                if asks.status_code == 200 and b"Rosalinda" in asks.content
                else "no",
                "inbox": case.number in get(client, "inbox", carpeta="todos"),
                "text": in_search(client, case, "zanja quiosco"),
                "name": in_search(client, case, "Rosalinda Quintero"),
            }
            assert list(found.values()) == [page, reporter, in_inbox, by_text, by_name], (
                level, LETTERS[letter], found,
            )  # fmt: skip
    assert kept.status == case.status


def get(client: Client, name: str, **query: str) -> str:
    response = client.get(reverse(f"desk:{name}"), query)
    return response.content.decode() if response.status_code == 200 else ""


def in_search(client: Client, case: Case, text: str) -> bool:
    return f"/casos/{case.number}/" in get(client, "search", q=text)


def test_the_number_of_a_sealed_case_finds_nothing_for_others():
    case = make.case(confidentiality="sealed")
    client = Client()
    client.force_login(make.user(Role.SUPERVISOR))
    assert client.get(reverse("desk:search"), {"q": case.number}).status_code == 200
    assert not in_search(client, case, case.number)


def test_an_official_with_a_sealed_case_taken_away_no_longer_sees_it():
    case = make.case()
    official = make.user(Role.OFFICIAL, unit=case.unit)
    liaison, supervisor = make.user(Role.LIAISON, case.agency), make.user(Role.SUPERVISOR)
    actions.assign_case(
        case=case, unit=official_unit(case), official=official, by=actor_of(liaison)
    )
    actions.set_confidentiality(
        case=case, level="sealed", text="Es contra ellos", by=actor_of(supervisor)
    )
    for user in (official, liaison, supervisor):
        assert answer(user, "case", "GET", {"number": case.number}) == 404
