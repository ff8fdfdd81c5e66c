"""Filters in the words of an address: those of a page, of a saved report and of a mail's link."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from django.db.models import Model
from django.utils.translation import gettext as _

from centro.agencies.models import Agency
from centro.catalog.models import CaseKind, ServiceType
from centro.contacts.ways import CHANNELS
from centro.insights.naming import NAMES
from centro.insights.questions import Filters, Question
from centro.insights.writing import written
from centro.kernel.errors import NotFound
from centro.places.models import Place

M = TypeVar("M", bound=Model)
FILTERS = ("entidad", "servicio", "lugar", "via", "tipo")
# Whose names stand behind each filter.
_NAMED_AS = {"province": "place", "district": "place", "corregimiento": "place"}


def filters_of(words: Mapping[str, str]) -> Filters:
    """The filters that these words name. A word that names nothing (any more) is refused.

    To leave it out would answer more than was asked.
    """
    agency = _row(Agency, "acronym", words.get("entidad"))
    service = _row(ServiceType, "code", words.get("servicio"))
    place = _row(Place, "code", words.get("lugar"))
    return Filters(
        agency=agency.pk if agency else None,
        service=service.pk if service else None,
        **({str(place.level): place.pk} if place else {}),
        channel=_code(words.get("via"), CHANNELS),
        kind=_code(words.get("tipo"), CaseKind.values),
    )


def saved_query(words: Mapping[str, str]) -> str:
    """The filters among these words as an address writes them: the same ones, the same text."""
    return urlencode([(name, words[name]) for name in FILTERS if words.get(name)])


def words_of(query: str) -> dict[str, str]:
    """A saved query as words again."""
    return dict(parse_qsl(query))


def told_filters(filters: Filters) -> list[tuple[str, str]]:
    """Each filter as people read it: what it narrows, and to what."""
    titles = {
        "agency": _("Entidad"), "service": _("Servicio"), "province": _("Provincia"),
        "district": _("Distrito"), "corregimiento": _("Corregimiento"), "channel": _("Vía"),
        "kind": _("Tipo"),
    }  # fmt: skip
    return [
        (titles[name], NAMES[_NAMED_AS.get(name, name)]([value]).get(value, "—"))
        for name, value in filters.given()
    ]


def told_period(question: Question) -> str:
    """The period and the day of the cut in words."""
    return _("Del %(first)s al %(last)s, como estaba al terminar el %(as_of)s") % {
        "first": written(question.first, "day"),
        "last": written(question.last, "day"),
        "as_of": written(question.as_of, "day"),
    }


def _row(model: type[M], column: str, word: str | None) -> M | None:
    if not word:
        return None
    found = model._default_manager.filter(**{column: word}).first()
    if found is None:
        raise _gone(word)
    return found


def _code(word: str | None, known: Collection[str]) -> str | None:
    if not word:
        return None
    if word not in known:
        raise _gone(word)
    return word


def _gone(word: str) -> NotFound:
    return NotFound(_("Ya no hay nada que se llame «%(word)s».") % {"word": word[:60]})
