"""Finding people by what a caller says of themselves."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, Q
from django.db.models.functions import Reverse

from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.kernel.text import words
from centro.people import sealing
from centro.people.models import ContactPoint, Merge, Person

_FEWEST_LETTERS = 3
_FEWEST_DIGITS = 4
_MOST_WORDS = 6


def find_people(text: str, limit: int = 20) -> list[Person]:
    """People by telephone (whole, or its last digits), address, cédula or words of their names.

    Newest first. Of two records joined into one person the kept one comes.
    """
    text = text.replace("\x00", "").strip()[:100]
    wanted = _as_contact(text) or _as_document(text) or _as_last_digits(text) or _as_name(text)
    if wanted is None:
        return []
    people = Person.objects.alias(name_words=SearchVector("name_key", config="simple"))
    # By an expression, so that the planner does not read everybody from the newest on for a name
    # that few have.
    newest_first = (F("pk") + 0).desc()
    found = people.filter(wanted).prefetch_related("contact_points").order_by(newest_first)
    return _kept(list(found[:limit]))


def _kept(found: list[Person]) -> list[Person]:
    """Each record, or the one that stands for it, once."""
    merges = Merge.objects.filter(absorbed__in=found, undone_at=None)
    stands = {m.absorbed_id: m.kept for m in merges.select_related("kept")}
    people = [stands.get(person.pk, person) for person in found]
    return list({person.pk: person for person in people}.values())


def records_of(person: Person) -> list[int]:
    """The ids of every record of one person, their own first: what was joined, and not undone."""
    current = Merge.objects.filter(undone_at=None)
    kept = current.filter(absorbed=person).values_list("kept_id", flat=True).first() or person.pk
    absorbed = current.filter(kept=kept).values_list("absorbed_id", flat=True)
    return list(dict.fromkeys([person.pk, kept, *absorbed]))


def _as_contact(text: str) -> Q | None:
    if "@" in text:
        return _with_point(ContactPoint.Kind.EMAIL, value=text.lower())
    value = _phone(text)
    return _with_point(ContactPoint.Kind.PHONE, value=value) if value else None


def _with_point(kind: str, **wanted: str) -> Q:
    # Through a subquery, so that the prefetch still shows all ways to reach the person.
    points = ContactPoint.objects.alias(backwards=Reverse("value")).filter(kind=kind, **wanted)
    return Q(pk__in=points.values("person_id"))


def _phone(text: str) -> str:
    try:
        return parse_phone(text).e164
    except Invalid:
        return ""


def _as_last_digits(text: str) -> Q | None:
    digits = re.sub(r"[\s.()-]", "", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) < _FEWEST_DIGITS:
        return None
    return _with_point(ContactPoint.Kind.PHONE, backwards__startswith=digits[::-1])


def _as_document(text: str) -> Q | None:
    try:
        return Q(document_hmac=sealing.index_of(parse_cedula(text)))
    except Invalid:
        return None


def _as_name(text: str) -> Q | None:
    typed = words(text)[:_MOST_WORDS]
    if sum(c.isalpha() for word in typed for c in word) < _FEWEST_LETTERS:
        return None
    # `words` leaves letters and digits alone, so nothing of the query language gets through.
    query = " & ".join(f"{word}:*" for word in typed)
    return Q(name_words=SearchQuery(query, config="simple", search_type="raw"))
