"""Writes what was told, in bulk: COPY, in the order of the clock, with the sequences in step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.timezone import localtime

from centro.channels.models import CODE_MARK
from centro.channels.texts import render_message
from centro.kernel.text import fold
from centro.ops.demonstration.belongings import Letter, Reporter, Talk
from centro.ops.demonstration.clock_rows import ClockRows
from centro.ops.demonstration.copying import Row, copy, number
from centro.ops.demonstration.life import Life
from centro.ops.demonstration.world import World
from centro.people import sealing

# A confidential case, who opened it, what they saw, why, and when.
Look = tuple[Life, int, str, str, datetime]
Report = Callable[[float], None]
_EVERY = 2_000
_DELIVERY = timedelta(seconds=3)

_CASES = (
    "id service_id kind status reason confidentiality priority agency_id unit_id official_id"
    " last_official_id proposed_agency_id place_id province_id lat lon reference description"
    " answers channel person_id anonymous language spoken_at opened_at due_at waiting_until"
    " resolved_at answer_by closed_at solution satisfied cycle duplicate_of_id intake_token"
    " opened_by_id contact_id search"
)
_ENTRIES = "case_id kind at actor_kind actor_id actor_label cycle data"
_PEOPLE = "id kind name name_key document_hmac document_sealed language created_at"
_POINTS = "person_id kind value created_at"
_TALKS = (
    "id channel direction person_id operator_id started_at ended_at summary article_id outcome"
    " agency_id reference"
)
_CALLS = (
    "reference person_id phone reason text due_at state attempts last_attempt_at claimed_by_id"
    " claimed_at created_at"
)
_LETTERS = (
    "id kind address name subject body html reference status error external_id created_at sent_at"
)
_TRIES = "message_id at succeeded error"
_HANDOVERS = (
    "case_id from_agency_id to_agency_id reason proposed_at answer_by decision answer decided_at"
)
_GRANTS = "case_id user_id granted_by_id granted_at revoked_at"
_LOOKS = "case_id user_id what why at"


class Rows:
    """One load: gives out ids, then writes each table once."""

    def __init__(self, world: World, lives: Sequence[Life], talks: Sequence[Talk]) -> None:
        self.world = world
        self.lives = sorted(lives, key=lambda life: life.opened_at)
        self.talks = sorted(
            [*talks, *(t for life in lives for t in _talks_of(life))], key=lambda t: t.ended
        )
        letters = [letter for life in lives for letter in life.letters]
        self.letters = sorted(letters, key=lambda letter: letter.at)
        self.people = _people_of(self.lives, self.talks)
        number("cases_case", self.lives)
        number("contacts_contact", self.talks)
        number("channels_outboundmessage", self.letters)
        number("people_person", self.people)
        self.clocks = ClockRows(self.lives)

    def write(self, report: Report) -> None:
        """Everything, the tables that others point at first. `report` hears the share written."""
        copy("people_person", _PEOPLE, (_person(person) for person in self.people))
        copy("people_contactpoint", _POINTS, (p for each in self.people for p in _points(each)))
        copy("contacts_contact", _TALKS, (_talk(talk) for talk in self.talks))
        copy("cases_case", _CASES, (_case(life, self.world) for life in self._told(report, 0.0)))
        self.clocks.write()
        copy(
            "cases_timelineentry",
            _ENTRIES,
            (e for life in self._told(report, 0.4) for e in _entries(life)),
        )
        copy("cases_transfer", _HANDOVERS, (h for life in self.lives for h in _handovers(life)))
        copy("cases_grant", _GRANTS, (g for life in self.lives for g in _grants(life)))
        copy("contacts_callback", _CALLS, (c for life in self.lives for c in _calls(life)))
        # Rendering asks the database, which a COPY under way would not answer.
        rendered = [_letter(letter) for letter in self.letters]
        copy("channels_outboundmessage", _LETTERS, rendered)
        copy("channels_deliveryattempt", _TRIES, (_try(letter) for letter in self.letters))
        tables = (
            "cases_case, cases_timelineentry, people_person, contacts_contact, cases_slaclock,"
            " cases_escalation, cases_notice"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")

    def _told(self, report: Report, share: float) -> Iterator[Life]:
        """The cases, with a word on how far it is; each of the two long tables is two fifths."""
        for n, life in enumerate(self.lives):
            if n % _EVERY == 0:
                report(share + 0.4 * n / len(self.lives))
            yield life


def _people_of(lives: Sequence[Life], talks: Sequence[Talk]) -> list[Reporter]:
    found: dict[int, Reporter] = {}
    for person in [*(life.matter.person for life in lives), *(talk.person for talk in talks)]:
        if person is not None:
            found.setdefault(id(person), person)
    return list(found.values())


def _talks_of(life: Life) -> Iterator[Talk]:
    if life.talk is not None:
        yield life.talk
    yield from life.talks


# ---- One row each ----


def _case(life: Life, world: World) -> Row:
    matter = life.matter
    place = matter.place
    search = world.search_vector(
        matter.description, matter.reference, life.first_service.name, str(place or "")
    )
    return (
        life.pk,
        life.service.pk,
        life.kind,
        life.status.value,
        life.reason.value,
        str(life.confidentiality),
        life.priority,
        life.agency.pk if life.agency else None,
        life.unit.pk if life.unit else None,
        life.official.pk if life.official else None,
        life.last_official.pk if life.last_official else None,
        life.proposed.pk if life.proposed else None,
        place.pk if place else None,
        life.province_id,
        matter.lat,
        matter.lon,
        matter.reference[:300],
        matter.description,
        _encode(matter.answers),
        matter.channel,
        matter.person.pk if matter.person else None,
        matter.anonymous,
        matter.language,
        life.spoken_at,
        life.opened_at,
        life.due_at,
        life.waiting_until,
        life.resolved_at,
        life.answer_by,
        life.closed_at,
        life.solution,
        life.satisfied,
        life.cycle,
        life.duplicate_of.pk if life.duplicate_of else None,
        None,
        life.opened_by,
        life.talk.pk if life.talk else None,
        search,
    )


def _entries(life: Life) -> Iterator[Row]:
    for entry in life.entries:
        data = _encode(entry.data)
        by = entry.by
        yield (life.pk, entry.kind, entry.at, by.kind.value, by.id, by.label, entry.cycle, data)


def _plain(value: object) -> object:
    """A letter as its id, a case as its number."""
    if isinstance(value, Letter):
        return value.pk
    if isinstance(value, Life):
        return value.number
    raise TypeError(f"{type(value).__name__} in the timeline")


_encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode


def _person(person: Reporter) -> Row:
    document = person.document
    return (
        person.pk,
        person.kind,
        person.name,
        fold(person.name)[:150],
        sealing.index_of(document) if document else "",
        sealing.seal(document) if document else None,
        person.language,
        person.kept_at,
    )


def _points(person: Reporter) -> Iterator[Row]:
    for kind, value in (("phone", person.phone), ("email", person.email)):
        if value:
            yield person.pk, kind, value, person.kept_at


def _talk(talk: Talk) -> Row:
    return (
        talk.pk,
        talk.channel,
        "out" if talk.outgoing else "in",
        talk.person.pk if talk.person else None,
        talk.operator,
        talk.started,
        talk.ended,
        talk.summary,
        talk.article.pk if talk.article else None,
        str(talk.outcome),
        talk.agency_id,
        talk.life.number if talk.life else "",
    )


def _calls(life: Life) -> Iterator[Row]:
    person = life.matter.person
    for call in life.calls:
        assert person is not None
        yield (
            life.number,
            person.pk,
            person.phone,
            str(call.reason),
            call.text,
            call.due,
            str(call.state),
            call.attempts,
            call.tried_at,
            None,
            None,
            call.at,
        )


def _letter(letter: Letter) -> Row:
    life = letter.life
    person = life.matter.person
    assert person is not None
    discreet = life.confidentiality != "open"
    told = "" if discreet else life.service.name
    subject, body, html = render_message(
        f"{letter.name}_discreet" if discreet else letter.name,
        life.matter.language,
        {
            "number": life.number,
            "code": CODE_MARK,
            "service": told,
            "agency": "" if discreet else letter.agency,
            "text": "" if discreet else letter.text,
            "link": f"{settings.SITE_URL}/seguimiento/{life.number}/",
            "due": localtime(letter.due),
        },
    )
    return (
        letter.pk,
        "email",
        person.email,
        letter.name,
        subject[:200],
        body,
        html,
        life.number,
        "failed" if letter.failed else "sent",
        _BOUNCED if letter.failed else "",
        "" if letter.failed else "mailbox",
        letter.at,
        None if letter.failed else letter.at + _DELIVERY,
    )


_BOUNCED = "550 5.1.1 mailbox does not exist"


def _try(letter: Letter) -> Row:
    return (letter.pk, letter.at + _DELIVERY, not letter.failed, _BOUNCED if letter.failed else "")


def _handovers(life: Life) -> Iterator[Row]:
    for handover in life.handovers:
        yield (
            life.pk,
            handover.from_agency.pk,
            handover.to_agency.pk,
            handover.reason,
            handover.at,
            handover.answer_by,
            handover.decision,
            handover.answer,
            handover.decided_at,
        )


def _grants(life: Life) -> Iterator[Row]:
    for user, by, at in life.grants:
        yield life.pk, user.pk, by.id, at, None


def write_looks(looks: Iterable[Look]) -> None:
    """Who opened confidential cases, and when."""
    rows = ((life.pk, user, what, why, at) for life, user, what, why, at in looks)
    copy("cases_look", _LOOKS, rows)
