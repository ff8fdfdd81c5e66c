"""Places named in a text: names and other names of the gazetteer, however they are spelled.

The longest name wins; accents, short forms ("sn", "sta") and a slip or two in long names are
forgiven. Of places of one name the one that fits the other places of the text is meant, then the
seat of its district, then one that is far larger than the rest; otherwise the text is ambiguous
and says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from centro.catalog.models import Saying
from centro.catalog.ranking import SAYS_NOTHING
from centro.kernel.text import fold, words
from centro.places.models import Landmark, Place

_LONGEST_NAME = 6
_LONGEST_TEXT = 300
# Names shorter than this are only found as they are spelled; longer ones forgive a slip, and
# from the second length on two.
_ONE_SLIP, _TWO_SLIPS = 6, 10
# One misspelled word that nothing introduces must be so long to be taken for a place.
_TELLS_ALONE = 8
# A place so many times larger than its namesakes is what people mean by the name alone.
_FAR_LARGER = 8
_MOST = 5
_SHORT_FOR = {"sn": "san", "sta": "santa", "sto": "santo", "pto": "puerto", "pma": "panama",
              "cdad": "ciudad", "nvo": "nuevo", "gral": "general"}  # fmt: skip
# Words before which a common word is a place: "en Cativá", "barriada La Paz".
_LEADS = frozenset(
    [
        "en",
        "de",
        "desde",
        "por",
        "hacia",
        "a",
        "hasta",
        "sector",
        "barriada",
        "comunidad",
        "corregimiento",
        "distrito",
        "provincia",
        "urbanizacion",
        "pueblo",
        "zona",
        "area",
        "residentes",
        "vecinos",
    ]
)
# Words before which the name of a place is the name of something else.
_CALLED = frozenset(
    [
        "calle",
        "via",
        "avenida",
        "ave",
        "colegio",
        "escuela",
        "instituto",
        "dr",
        "doctor",
        "doctora",
        "licenciado",
        "senor",
        "senora",
        "don",
        "dona",
        "profesor",
        "profesora",
        "hospital",
        "banco",
        "almacen",
        "hotel",
        "edificio",
        "ruta",
        "linea",
        "bus",
    ]
)
_ARTICLES = frozenset(["el", "la", "los", "las"])


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place that a text names, and how sure that is.

    `place` is None when several could be meant; they are then in `candidates`.
    """

    words: str
    place: Place | None
    candidates: tuple[Place, ...]
    # The other name, or the landmark, by which the place was named.
    alias: str = ""
    misspelled: bool = False
    # Part of the name of something else ("calle Domingo Díaz"): the weakest of hints.
    within_name: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    place: Place
    alias: str = ""


class Gazetteer:
    """Every name of every place, ready to be found in texts."""

    def __init__(
        self, places: Iterable[Place], landmarks: Iterable[Landmark], common: Collection[str] = ()
    ) -> None:
        self._names: dict[tuple[str, ...], list[_Name]] = defaultdict(list)
        self._common = frozenset(common)
        for place in places:
            self._add(place.name, _Name(place))
            for alias in place.aliases:
                self._add(alias, _Name(place, alias))
        for mark in landmarks:
            # One word alone ("Albrook" the hotel) is more often the place than the spot.
            if mark.place is not None and len(words(mark.name)) > 1:
                self._add(mark.name, _Name(mark.place, mark.name))
        self._near = _by_deletions(self._names)

    def _add(self, name: str, entry: _Name) -> None:
        said = tuple(words(re.sub(r"\(.*?\)", " ", name)))
        if said and len(said) <= _LONGEST_NAME and not all(word.isdigit() for word in said):
            known = self._names[said]
            if all(other.place.pk != entry.place.pk for other in known):
                known.append(entry)

    def find(self, text: str) -> list[NamedPlace]:
        """The places named in a text, in its order; those of one name told apart by the others."""
        read = [_SHORT_FOR.get(word, word) for word in words(text)][:_LONGEST_TEXT]
        capitals = {fold(word) for word in re.findall(r"\b[^\W\d_]+", text) if word[:1].isupper()}
        found = list(self._matches(read, capitals))[: 2 * _MOST]
        return _told_apart(found)[:_MOST]

    def _matches(self, read: Sequence[str], capitals: Collection[str]) -> Iterator[NamedPlace]:
        at = 0
        while at < len(read):
            for long in range(min(_LONGEST_NAME, len(read) - at), 0, -1):
                said = tuple(read[at : at + long])
                names, misspelled = self._named(said)
                before = read[at - 1] if at else ""
                if names and self._is_place(said, before, capitals, misspelled):
                    yield _named(said, names, misspelled, before)
                    at += long - 1
                    break
            at += 1

    def _named(self, said: tuple[str, ...]) -> tuple[Sequence[_Name], bool]:
        exact = self._names.get(said)
        if exact:
            return exact, False
        if said[0] in SAYS_NOTHING - _ARTICLES:
            return (), False
        joined = " ".join(said)
        if len(joined) < _ONE_SLIP or all(word in self._common for word in said):
            return self._abbreviated(said), True
        slips = 2 if len(joined) >= _TWO_SLIPS else 1
        likely = {
            name for form in _deletions(joined) for name in self._near.get(form, ())
            if len(name) == len(said) and _distance(" ".join(name), joined, slips) <= slips
        }  # fmt: skip
        if not likely:
            return self._abbreviated(said), True
        nearest = min(likely, key=lambda name: (_distance(" ".join(name), joined, slips), name))
        return self._names[nearest], True

    def _abbreviated(self, said: tuple[str, ...]) -> Sequence[_Name]:
        """ "san mgto" is San Miguelito: one word without vowels, the others as they are."""
        short = [n for n, word in enumerate(said) if _is_skeleton(word)]
        if len(said) < 2 or len(short) != 1:
            return ()
        at = short[0]
        rest = (*said[:at], *said[at + 1 :])
        for name, entries in self._names.items():
            alike = len(name) == len(said) and (*name[:at], *name[at + 1 :]) == rest
            if alike and _within(said[at], name[at]):
                return entries
        return ()

    def _is_place(
        self, said: tuple[str, ...], before: str, capitals: Collection[str], misspelled: bool
    ) -> bool:
        """Whether these words name a place here, and are not just the words that they also are."""
        telling = [word for word in said if word not in SAYS_NOTHING]
        if not telling or all(word.isdigit() for word in telling):
            return False
        if misspelled and len(said) == 1:
            marked = before in _LEADS or said[0] in capitals or len(said[0]) >= _TELLS_ALONE
            return said[0] not in self._common and marked
        if all(word in self._common for word in telling):
            return all(word in capitals for word in telling) or (len(said) > 1 and before in _LEADS)
        return True


def common_words(sayings: Iterable[Saying], keywords: Iterable[Sequence[str]]) -> frozenset[str]:
    """Words that people say of more than one matter: alone they are no place."""
    seen: dict[str, set[object]] = defaultdict(set)
    for saying in sayings:
        for word in words(saying.text):
            seen[word].add(saying.means)
    for number, phrases in enumerate(keywords):
        for word in words(" ".join(phrases)):
            seen[word].add(number)
    return frozenset(word for word, meanings in seen.items() if len(meanings) > 1)


def _named(
    said: tuple[str, ...], names: Sequence[_Name], misspelled: bool, before: str
) -> NamedPlace:
    candidates = tuple(name.place for name in names)
    alias = names[0].alias if len(names) == 1 else ""
    return NamedPlace(" ".join(said), None, candidates, alias, misspelled, before in _CALLED)


# ---- Which of several places of one name ----


def _told_apart(found: Sequence[NamedPlace]) -> list[NamedPlace]:
    """Each name with the place that it means, as far as the text tells."""
    sure = [each for each in found if not each.within_name] or list(found)
    around = {
        pk
        for each in sure
        if len({place.pk for place in each.candidates}) == 1
        for pk in _line(each.candidates[0])
    }
    # A name that a district shares with its seat vouches for what lies in that district too.
    around |= {
        p.pk for each in sure for p in each.candidates if p.level != Place.Level.CORREGIMIENTO
    }
    told = [_resolved(each, around) for each in found]
    return sorted(told, key=lambda each: each.within_name)


def _resolved(named: NamedPlace, around: set[int]) -> NamedPlace:
    others = around - {place.pk for place in named.candidates}
    fitting = [p for p in named.candidates if others.intersection(_line(p)[1:])]
    left = fitting or list(named.candidates)
    chosen = _only(left) or _seat(left) or _larger(left)
    return replace(named, place=chosen, candidates=tuple(left))


def _only(places: Sequence[Place]) -> Place | None:
    return places[0] if len(places) == 1 else None


def _seat(places: Sequence[Place]) -> Place | None:
    """The corregimiento that a district is named after, when only these two can be meant."""
    districts = [place for place in places if place.level != Place.Level.CORREGIMIENTO]
    inside = [
        place
        for place in places
        if place.level == Place.Level.CORREGIMIENTO
        and any(
            place.district_id == district.pk or place.province_id == district.pk
            for district in districts
        )
    ]
    if inside:
        return max(inside, key=lambda place: (place.is_seat, place.population))
    return max(districts, key=lambda place: place.population) if districts else None


def _larger(places: Sequence[Place]) -> Place | None:
    by_size = sorted(places, key=lambda place: -place.population)
    if by_size[0].population > _FAR_LARGER * max(by_size[1].population, 1):
        return by_size[0]
    return None


def _line(place: Place) -> list[int]:
    """The place and what it lies in, by their keys."""
    return [place.pk, *(pk for pk in (place.district_id, place.province_id) if pk)]


# ---- Spelling ----


def _by_deletions(names: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    near: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name in names:
        joined = " ".join(name)
        if len(joined) >= _ONE_SLIP:
            for form in _deletions(joined):
                near[form].append(name)
    return dict(near)


def _deletions(text: str) -> set[str]:
    """The text and what is left of it when one letter goes: two slips apart meet there."""
    return {text} | {text[:at] + text[at + 1 :] for at in range(len(text))}


def _distance(one: str, other: str, most: int) -> int:
    """How many letters must be written, dropped or changed; stops counting beyond `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, start=1):
        before, row[0] = row[0], n
        for m, letter_of_other in enumerate(other, start=1):
            change = before + (letter != letter_of_other)
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, change)
        if min(row) > most:
            return most + 1
    return row[-1]


def _is_skeleton(word: str) -> bool:
    return len(word) >= 3 and word.isalpha() and not re.search(r"[aeiou].", word)


def _within(short: str, whole: str) -> bool:
    """Whether the letters of the short form come in the word, in order, from its first letter."""
    rest = iter(whole)
    return len(whole) > len(short) and short[0] == whole[0] and all(c in rest for c in short)
