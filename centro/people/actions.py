"""Remembering people, and joining two records of one person."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from centro.kernel.actor import Actor, Kind
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.kernel.text import fold
from centro.people import sealing
from centro.people.models import ContactPoint, Merge, Person

LONGEST_NAME = 150
_LONGEST_EMAIL = 254
Points = list[tuple[str, str]]

# One statement, so that opening a case stays cheap. `same` is the record that says exactly these
# words, no more and no less; it is looked for only where `again` allows it.
_FIND_OR_INSERT = """
    WITH same AS (
        SELECT had.id, had.name, had.kind, had.language, had.created_at
        FROM people_contactpoint AS known
        JOIN people_person AS had ON had.id = known.person_id
        WHERE %(again)s AND known.kind = %(kind_of_one)s AND known.value = %(one)s
        AND had.name_key = %(name_key)s AND had.document_hmac = %(hmac)s
        AND %(values)s::text[] = ARRAY(
            SELECT said.value::text FROM people_contactpoint AS said
            WHERE said.person_id = had.id ORDER BY said.value COLLATE "C"
        )
        ORDER BY had.id LIMIT 1
    ), person AS (
        INSERT INTO people_person
            (kind, name, name_key, document_hmac, document_sealed, language, created_at)
        SELECT %(kind)s, %(name)s, %(name_key)s, %(hmac)s, %(sealed)s::bytea, %(language)s, %(at)s
        WHERE NOT EXISTS (SELECT 1 FROM same)
        RETURNING id, name, kind, language, created_at
    ), points AS (
        INSERT INTO people_contactpoint (person_id, kind, value, created_at)
        SELECT person.id, point.kind, point.value, %(at)s
        FROM person, unnest(%(kinds)s::text[], %(values)s::text[]) AS point(kind, value)
    )
    SELECT * FROM same UNION ALL SELECT * FROM person
"""


def remember_person(
    *,
    name: str = "",
    cedula: str = "",
    phone: str = "",
    email: str = "",
    kind: str = Person.Kind.CITIZEN,
    language: str = "es",
    by: Actor,
) -> Person | None:
    """The person these data describe: found again, or made; None when nothing was given.

    What citizens write of themselves proves nothing: names, cédulas and telephones of others are
    easy to know. So a citizen's words find a record only if they are all that it holds, otherwise
    somebody could add an address of their own to it and read the other's messages. Staff, who
    speak with the person, find it by cédula, or by one shared telephone or address with the same
    name (a family shares a telephone), and complete it.

    Two statements for a citizen. Raises Invalid for data in no known form.
    """
    name = clean_name(name)
    document = parse_cedula(cedula) if cedula.strip() else ""
    points = _points(phone, email)
    if not (name or document or points):
        return None
    # What cannot be understood was refused above: the caller's transaction is still whole.
    with transaction.atomic(savepoint=False):
        return _remember(name, document, points, kind, language, by)


def _remember(
    name: str, document: str, points: Points, kind: str, language: str, by: Actor
) -> Person:
    hmac = sealing.index_of(document) if document else ""
    if points or hmac:
        _serialize([*(value for _kind, value in points), hmac])
    if by.kind == Kind.CITIZEN:
        return _find_or_make(name, document, points, kind, language, again=True)
    found = _same_person(name, hmac, points)
    if found is not None:
        _complete(found, name, document, points)
    return found or _find_or_make(name, document, points, kind, language, again=False)


def clean_name(text: str) -> str:
    """A name on one line; raises Invalid when it is too long to be one."""
    name = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    if len(name) > LONGEST_NAME:
        raise Invalid(
            _("El nombre es muy largo: use como máximo %(n)s letras.") % {"n": LONGEST_NAME}
        )
    return name


def clean_email(text: str) -> str:
    """An address in lower case; raises Invalid when it is none."""
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid(_("El correo no es correcto. Escríbalo como nombre@correo.com.")) from None
    if len(address) > _LONGEST_EMAIL:
        raise Invalid(_("El correo no es correcto. Escríbalo como nombre@correo.com."))
    return address


def _key(name: str) -> str:
    # Folding may lengthen: one ligature becomes three letters.
    return fold(name)[:LONGEST_NAME]


def _points(phone: str, email: str) -> Points:
    points = []
    if phone.strip():
        points.append((ContactPoint.Kind.PHONE.value, parse_phone(phone).e164))
    if email.strip():
        points.append((ContactPoint.Kind.EMAIL.value, clean_email(email)))
    return points


def _serialize(values: Iterable[str]) -> None:
    """Two forms with one telephone at the same moment must not make two people."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM (SELECT hashtextextended(v, 311) AS k"
            " FROM unnest(%s::text[]) AS v WHERE v <> '' ORDER BY 1) AS keys",
            [list(values)],
        )


def _same_person(name: str, hmac: str, points: Points) -> Person | None:
    """By cédula; otherwise by a shared point with the same name and no other cédula."""
    sharing = ContactPoint.objects.filter(_any_of(points))
    wanted = Q(pk__in=sharing.values("person_id"), name_key=_key(name))
    if hmac:
        wanted = Q(document_hmac=hmac) | (wanted & Q(document_hmac=""))
    # Ordered so that a record with the cédula comes before one without.
    return Person.objects.filter(wanted).order_by("-document_hmac", "pk").first()


def _any_of(points: Points) -> Q:
    wanted = Q(pk__in=())
    for point_kind, value in points:
        wanted |= Q(kind=point_kind, value=value)
    return wanted


def _complete(person: Person, name: str, document: str, points: Points) -> None:
    """Write down what was not known yet; what was known stays."""
    missing: dict[str, object] = {}
    if name and not person.name:
        missing |= {"name": name, "name_key": _key(name)}
    if document and not person.document_hmac:
        missing["document_hmac"] = sealing.index_of(document)
        missing["document_sealed"] = sealing.seal(document)
    for field, value in missing.items():
        setattr(person, field, value)
    if missing:
        person.save(update_fields=list(missing))
    if points:
        ContactPoint.objects.bulk_create(
            [ContactPoint(person=person, kind=kind, value=value) for kind, value in points],
            ignore_conflicts=True,
        )


def _find_or_make(
    name: str, document: str, points: Points, kind: str, language: str, *, again: bool
) -> Person:
    """A new record; with `again`, the one there is already that says exactly this."""
    sealed = sealing.seal(document) if document else None
    person = Person(
        kind=kind if kind in Person.Kind.values else Person.Kind.CITIZEN,
        name=name,
        name_key=_key(name),
        document_hmac=sealing.index_of(document) if document else "",
        document_sealed=sealed,
        language=language,
        created_at=now(),
    )
    by_value = sorted(points, key=lambda point: point[1])
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND_OR_INSERT,
            {
                "again": again,
                "kind": person.kind,
                "name": person.name,
                "name_key": person.name_key,
                "hmac": person.document_hmac,
                "sealed": sealed,
                "language": person.language,
                "at": person.created_at,
                "kind_of_one": points[0][0] if points else "",
                "one": points[0][1] if points else "",
                "kinds": [point_kind for point_kind, _value in by_value],
                "values": [value for _kind, value in by_value],
            },
        )
        found = cursor.fetchone()
    person.pk, person.name, person.kind, person.language, person.created_at = found
    person._state.adding = False
    person._state.db = connection.alias
    return person


@transaction.atomic
def merge_people(*, keep: Person, absorb: Person, reason: str, by: Actor) -> Merge:
    """Note that two records are one person. Nothing moves or is deleted, so it can be undone."""
    if by.id is None or by.kind == Kind.CITIZEN:
        raise NotAllowed(_("Sólo el personal puede unir los datos de dos personas."))
    if keep.pk == absorb.pk:
        raise Invalid(_("Elija dos personas distintas."))
    if not reason.strip():
        raise Invalid(_("Diga por qué son la misma persona."))
    _lock(keep, absorb)
    current = Merge.objects.filter(undone_at=None)
    if current.filter(Q(absorbed__in=[keep, absorb]) | Q(kept=absorb)).exists():
        raise Invalid(_("Una de las dos ya está unida a otra: separe ésa primero."))
    return Merge.objects.create(kept=keep, absorbed=absorb, reason=reason.strip(), by_id=by.id)


@transaction.atomic
def unmerge_people(*, merge: Merge, by: Actor) -> None:
    """They were two people after all."""
    if by.id is None or by.kind == Kind.CITIZEN:
        raise NotAllowed(_("Sólo el personal puede separar los datos de dos personas."))
    current = Merge.objects.filter(pk=merge.pk, undone_at=None)
    current.update(undone_at=now(), undone_by=by.id)


def _lock(*people: Person) -> QuerySet[Person]:
    """In one order, so that two people merging both ways do not wait for each other."""
    rows = Person.objects.filter(pk__in=[p.pk for p in people]).order_by("pk")
    locked = rows.select_for_update()
    len(locked)
    return locked
