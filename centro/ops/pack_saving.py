"""Writing a checked pack into the database, so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model

from centro.agencies.models import Agency, Unit
from centro.catalog.actions.pack import follow_catalogue, follow_holidays
from centro.catalog.calendars import special_days_of_pack
from centro.catalog.models import (
    CalendarVersion,
    Holiday,
    PolicyVersion,
    Question,
    Saying,
    ServiceType,
)
from centro.channels.models import MessageText
from centro.kernel.text import fold, sort_key
from centro.knowledge.models import Article, EmergencyNumber
from centro.ops.pack_agreements import dropped_from, seeds_of
from centro.ops.pack_rows import Pack, PlaceRow
from centro.ops.pack_shapes import Shape, codes_at, draw_shapes
from centro.places.models import Boundary, Landmark, Place

M = TypeVar("M", bound=Model)
Key = tuple[Any, ...]
# The keys that a pack brought, by table: what the next one no longer brings is put aside, and
# what people added by hand is left alone.
Manifest = dict[str, list[list[str]]]


@dataclass(slots=True)
class Change:
    """What loading did to one table."""

    table: str
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.added or self.changed or self.retired)


class Saver:
    """One load: the pack, what the last one had, and what has been done so far."""

    def __init__(self, pack: Pack, before: Manifest) -> None:
        self.pack = pack
        self.before = before
        self.manifest: Manifest = {}
        self.changes: list[Change] = []
        # Versions that took the place of another: cases under way have to follow them.
        self.succeeding: list[CalendarVersion | PolicyVersion] = []

    def save(self) -> None:
        """Everything, in the order in which one thing names another."""
        places = self._places()
        self._boundaries(places)
        self._landmarks(places)
        agencies = self._agencies(places)
        self._units(agencies, places)
        services = self._services(agencies)
        self._questions(services)
        self._sayings()
        self._holidays()
        self._agreements(services, places)
        self._emergency()
        self._articles(agencies)
        self._texts()

    def changed(self, *tables: str) -> bool:
        return any(change.anything for change in self.changes if change.table in tables)

    def _merge(
        self, table: str, keys: tuple[str, ...], fields: list[str], rows: list[M], model: type[M]
    ) -> None:
        """Add what is new, write what differs, put aside what the pack no longer brings."""
        existing = {
            row[: len(keys)]: row[len(keys) :]
            for row in model._default_manager.values_list(*keys, *fields)
        }
        change = Change(table)
        differing: list[M] = []
        for row in rows:
            old = existing.get(_values(row, keys))
            if old is None:
                change.added += 1
            elif tuple(map(_plain, old)) == tuple(map(_plain, _values(row, fields))):
                change.unchanged += 1
                continue
            else:
                change.changed += 1
            differing.append(row)
        _write(model, differing, keys, fields)
        self._retire(change, model, keys, {_values(row, keys) for row in rows}, set(existing))
        self.changes.append(change)

    def _retire(
        self,
        change: Change,
        model: type[M],
        keys: tuple[str, ...],
        now: set[Key],
        existing: set[Key],
    ) -> None:
        brought = {_as_text(key) for key in now}
        known = {_as_text(key): key for key in existing}
        gone = [
            tuple(key) for key in self.before.get(change.table, []) if tuple(key) not in brought
        ]
        for text in gone:
            if text in known:
                change.retired += _put_aside(model, dict(zip(keys, known[text], strict=True)))
        self.manifest[change.table] = sorted(list(key) for key in brought)

    def _places(self) -> dict[str, int]:
        """Every place, in two steps: first all exist, then each may name the ones around it."""
        wanted = {row.code: row for row in self.pack.places}
        ids = dict(Place.objects.values_list("code", "pk"))
        new = [Place(code=c, level=r.level, name=r.name) for c, r in wanted.items() if c not in ids]
        Place.objects.bulk_create(new, batch_size=1000)
        ids = dict(Place.objects.values_list("code", "pk"))
        rows = [_place(row, wanted, ids) for row in self.pack.places]
        fields = [
            "level",
            "name",
            "kind",
            "parent_id",
            "province_id",
            "district_id",
            "aliases",
            "population",
            "lat",
            "lon",
            "is_seat",
            "active",
            "sort_key",
            "search_key",
        ]
        self._merge("places", ("code",), fields, rows, Place)
        change = self.changes[-1]
        change.added, change.changed = len(new), change.changed - len(new)
        return ids

    def _boundaries(self, places: Mapping[str, int]) -> None:
        parents = {row.code: row.parent for row in self.pack.places}
        levels = {row.code: row.level for row in self.pack.places}
        drawn = draw_shapes(self.pack.shapes, parents, levels)
        rows = [_boundary(places[code], shape) for code, shape in drawn.items()]
        self._merge("boundaries", ("place_id",), ["wkb", "outline"], rows, Boundary)

    def _landmarks(self, places: Mapping[str, int]) -> None:
        marks = self.pack.landmarks
        worked_out = codes_at(self.pack.shapes, [(mark.lon, mark.lat) for mark in marks])
        rows = [
            Landmark(
                source_id=mark.id,
                name=mark.name,
                kind=mark.kind,
                lat=mark.lat,
                lon=mark.lon,
                approximate=mark.approximate,
                place_id=places.get(mark.place or code),
                search_key=fold(mark.name),
            )
            for mark, code in zip(marks, worked_out, strict=True)
        ]
        fields = ["name", "kind", "lat", "lon", "approximate", "place_id", "active", "search_key"]
        self._merge("landmarks", ("source_id",), fields, rows, Landmark)

    def _agencies(self, places: Mapping[str, int]) -> dict[str, int]:
        rows = [
            Agency(
                acronym=row.acronym,
                slug=fold(row.acronym).replace(".", "-").replace("_", "-"),
                name=row.name,
                kind=row.kind,
                parent_acronym=row.parent,
                website=row.website,
                topics=row.topics,
                jurisdiction_id=places.get(row.jurisdiction),
                sort_key=sort_key(row.name)[:200],
            )
            for row in self.pack.agencies
        ]
        fields = [
            "slug",
            "name",
            "kind",
            "parent_acronym",
            "website",
            "topics",
            "jurisdiction_id",
            "active",
            "sort_key",
        ]
        self._merge("agencies", ("acronym",), fields, rows, Agency)
        return dict(Agency.objects.values_list("acronym", "pk"))

    def _units(self, agencies: Mapping[str, int], places: Mapping[str, int]) -> None:
        rows = [
            Unit(
                code=row.code,
                agency_id=agencies[row.agency],
                name=row.name,
                province_id=places.get(row.province),
            )
            for row in self.pack.units
        ]
        self._merge("units", ("code",), ["agency_id", "name", "province_id", "active"], rows, Unit)

    def _services(self, agencies: Mapping[str, int]) -> dict[str, int]:
        rows = [
            ServiceType(
                code=row.code,
                name=row.name,
                name_en=row.name_en,
                agency_id=agencies.get(row.agency),
                category=row.category,
                kind=row.kind,
                priority=row.priority,
                working_days=row.working_days,
                around_the_clock=row.around_the_clock,
                requires_place=row.requires_place,
                confidentiality=row.confidentiality,
                municipal=row.municipal,
                keywords=row.keywords,
                sort_key=sort_key(row.name)[:200],
                search_key=fold(f"{row.code} {row.name} {row.category}")[:400],
            )
            for row in self.pack.services
        ]
        fields = [
            "name",
            "name_en",
            "agency_id",
            "category",
            "kind",
            "priority",
            "working_days",
            "around_the_clock",
            "requires_place",
            "confidentiality",
            "municipal",
            "keywords",
            "active",
            "sort_key",
            "search_key",
        ]
        self._merge("services", ("code",), fields, rows, ServiceType)
        return dict(ServiceType.objects.values_list("code", "pk"))

    def _questions(self, services: Mapping[str, int]) -> None:
        rows = [
            Question(
                service_type_id=services[row.service],
                key=row.key,
                label=row.label,
                label_en=row.label_en,
                kind=row.kind,
                choices=row.choices,
                choices_en=row.choices_en,
                required=row.required,
                position=row.position,
            )
            for row in self.pack.questions
        ]
        fields = ["label", "label_en", "kind", "choices", "choices_en", "required", "position"]
        self._merge("questions", ("service_type_id", "key"), fields, rows, Question)

    def _sayings(self) -> None:
        rows = [Saying(means=row.means, text=row.saying) for row in self.pack.sayings]
        self._merge("sayings", ("means", "text"), [], rows, Saying)

    def _holidays(self) -> None:
        before = special_days_of_pack()
        rows = [Holiday(day=row.day, name=row.name, kind=row.kind) for row in self.pack.holidays]
        self._merge("holidays", ("day", "kind"), ["name"], rows, Holiday)
        version = follow_holidays(before=before)

        if version is not None:
            self.succeeding.append(version)

    def _agreements(self, services: Mapping[str, int], places: Mapping[str, int]) -> None:
        """The agreements that follow from the pack's terms, where people made none of their own."""
        keys = [[row.service, row.place, row.priority] for row in self.pack.agreements]
        brought = {row.code: services[row.code] for row in self.pack.services}
        changed = follow_catalogue(
            seeds=seeds_of(self.pack.agreements, brought, places),
            dropped=dropped_from(self.before.get("agreements", []), keys, services, places),
        )
        self.manifest["agreements"] = sorted(keys)
        self.succeeding += changed

    def _emergency(self) -> None:
        rows = [
            EmergencyNumber(
                number=row.number,
                label=row.label,
                label_en=row.label_en,
                description=row.description,
                description_en=row.description_en,
                position=position,
            )
            for position, row in enumerate(self.pack.emergency, start=1)
        ]
        fields = ["label", "label_en", "description", "description_en", "position", "active"]
        self._merge("emergency", ("number",), fields, rows, EmergencyNumber)

    def _articles(self, agencies: Mapping[str, int]) -> None:
        rows = [
            Article(
                slug=row.slug,
                language=row.language,
                title=row.title,
                body=row.body,
                agency_id=agencies.get(row.agency),
                keywords=row.keywords,
            )
            for row in self.pack.articles
        ]
        fields = ["title", "body", "agency_id", "keywords", "active"]
        self._merge("articles", ("slug", "language"), fields, rows, Article)

    def _texts(self) -> None:
        rows = [
            MessageText(name=row.name, language=row.language, subject=row.subject, body=row.body)
            for row in self.pack.texts
        ]
        self._merge("messages", ("name", "language"), ["subject", "body"], rows, MessageText)


def _place(row: PlaceRow, wanted: Mapping[str, PlaceRow], ids: Mapping[str, int]) -> Place:
    line = [row]
    while line[-1].parent:
        line.append(wanted[line[-1].parent])
    by_level = {place.level: ids[place.code] for place in line}
    names = [row.name, *row.aliases, *(place.name for place in line[1:])]
    return Place(
        code=row.code,
        level=row.level,
        name=row.name,
        kind=row.kind,
        parent_id=ids.get(row.parent),
        province_id=by_level[Place.Level.PROVINCE],
        district_id=by_level.get(Place.Level.DISTRICT),
        aliases=row.aliases,
        population=row.population,
        lat=row.lat,
        lon=row.lon,
        is_seat=row.seat,
        sort_key=sort_key(row.name),
        search_key=fold(" ".join(names)),
    )


def _boundary(place_id: int, shape: Shape) -> Boundary:
    return Boundary(place_id=place_id, wkb=shape.wkb, outline=shape.outline)


def _write(model: type[M], rows: list[M], keys: tuple[str, ...], fields: list[str]) -> None:
    """One upsert per thousand rows; a date of change is renewed with them."""
    if not rows:
        return
    renewed = [*fields, "updated_at"] if model is Article else fields
    # Where the whole row is its key, there is nothing to renew.
    model._default_manager.bulk_create(
        rows,
        batch_size=1000,
        ignore_conflicts=not renewed,
        update_conflicts=bool(renewed),
        unique_fields=keys if renewed else None,
        update_fields=renewed or None,
    )


def _put_aside(model: type[M], key: Mapping[str, Any]) -> int:
    """Switch a row off where rows can be off; otherwise nothing points at it and it goes."""
    rows = model._default_manager.filter(**key)
    if any(field.name == "active" for field in model._meta.fields):
        return rows.filter(active=True).update(active=False)
    return rows.delete()[0]


def _values(row: Model, names: Iterable[str]) -> Key:
    return tuple(getattr(row, name) for name in names)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _as_text(key: Key) -> tuple[str, ...]:
    return tuple(str(part) for part in key)
