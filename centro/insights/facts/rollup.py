"""Monthly rollups: how many turns of an opening month went alike, in a file beside the facts.

After the last day of which anything is told of a turn (opened, due, solved, closed, reopened) it
stands as it stands, so whoever looks from a later month may count it among others like it, by months
instead of days. Each *grouping* counts all turns, by other columns; a question takes the smallest one
that has all it asks for (`population`), and what was told later, or needs days, it takes from the
facts.

Days become the first of their month: both lie alike in a period of whole months.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from centro.insights.facts.schema import LONG_FROM_NOW, SCHEMA

_DAY, _NOON = 86_400, 43_200


@dataclass(frozen=True)
class Grouping:
    """The columns by which turns are counted. `turns`: also those that were reopened.

    `by_day` are days that stay what they are. A grouping without `due_s` and `solved_on` says by
    `overdue` whether a turn is past its term without a solution.
    """

    number: int
    columns: tuple[str, ...]
    turns: bool = False
    by_day: tuple[str, ...] = ()

    def has(self, needed: set[str], *, turns: bool) -> bool:
        """Whether whoever needs these columns, of all turns or of the last, may count here."""
        days = {name.replace("_on", "_day") for name in self.by_day}
        return needed <= {*self.columns, *days} and (self.turns or not turns)


_DAYS = ("opened_on", "closed_on", "told_on", "over_on")
_ENDS = (*_DAYS, "overdue")
_ALL = (*_DAYS, "started_on", "ended_on", "due_on", "due_s", "solved_on")
_FLAGS = ("on_time", "merged", "before_due", "satisfied")
_HANDS = ("agency_id", "unit_id", "province_id")
# From the smallest to the largest, as a country's cases fall.
GROUPINGS = (
    Grouping(1, (*_ENDS, "agency_id", "rung")),
    Grouping(2, (*_ENDS, "agency_id", "opened_hour")),
    Grouping(3, (*_ENDS, "province_id", "district_id", "corregimiento_id")),
    Grouping(4, (*_ENDS, "agency_id"), by_day=("closed_on",)),
    Grouping(5, (*_ENDS, *_HANDS, "channel", "reason")),
    Grouping(6, (*_ENDS, *_HANDS, "service_id", "kind")),
    Grouping(
        7,
        (*_ALL, *_FLAGS, "agency_id", "last_hours", "reclassified", "transferred"),
        turns=True,
    ),
    Grouping(8, (*_ALL, *_FLAGS, *_HANDS), turns=True),
)
_COLUMNS = {name for grouping in GROUPINGS for name in grouping.columns}
_MADE = (("grouping", pa.int8()), ("n", pa.int32()), ("overdue", pa.bool_()))
ROLLED_SCHEMA = pa.schema(
    [*_MADE, *((field.name, field.type) for field in SCHEMA if field.name in _COLUMNS)]
)
# All that a question answered from rollups asks of the turns that are not in them.
GOING_SCHEMA = pa.schema(
    [
        field
        for field in SCHEMA
        if field.name == "told_on" or (field.name in _COLUMNS and field.name != "over_on")
    ]
)


def roll_up(facts: pa.Table) -> pa.Table:
    """The counts of a month's facts: for each grouping its rows, always in the same order."""
    last = facts.filter(pc.is_null(facts["ended_on"]))
    rows = {True: facts, False: last}
    by_month = {turns: _by_month(some) for turns, some in rows.items()}
    parts = [
        _counted(_with_days(by_month[each.turns], rows[each.turns], each), each)
        for each in GROUPINGS
    ]
    return pa.concat_tables(parts).combine_chunks()


def _by_month(facts: pa.Table) -> pa.Table:
    for number, field in enumerate(facts.schema):
        if field.type == pa.date32():
            days = _first_of_month(facts[field.name])
            facts = facts.set_column(number, field, days)
        elif field.name in {"reclassified", "transferred"}:  # whether, not how often
            once = pc.min_element_wise(facts[field.name], 1, skip_nulls=False).cast(field.type)
            facts = facts.set_column(number, field, once)
    # Noon in Greenwich lies in the same day wherever a country is.
    first = facts["due_on"].cast(pa.int32()).cast(pa.int64())
    seconds = pc.add(pc.multiply(first, _DAY), _NOON)
    facts = facts.set_column(facts.schema.get_field_index("due_s"), "due_s", seconds)
    unsolved = pc.and_(pc.is_null(facts["solved_on"]), pc.is_null(facts["closed_on"]))
    return facts.append_column("overdue", pc.and_(unsolved, pc.is_valid(facts["due_on"])))


def _first_of_month(days: pa.ChunkedArray) -> pa.ChunkedArray:
    """What lasts has no month: LONG_FROM_NOW stays what it is."""
    first = pc.floor_temporal(days, unit="month").cast(pa.date32())
    lasts = pc.equal(days, pa.scalar(LONG_FROM_NOW, pa.date32()))
    return pc.if_else(lasts, days, first)


def _with_days(rolled: pa.Table, facts: pa.Table, grouping: Grouping) -> pa.Table:
    for name in grouping.by_day:
        rolled = rolled.set_column(rolled.schema.get_field_index(name), name, facts[name])
    return rolled


def pieces_of(rolled: pa.Table) -> list[pa.Table]:
    """The rows of a rollup, grouping by grouping: so they are written, as whoever asks reads one."""
    numbers = rolled["grouping"]
    return [rolled.filter(pc.equal(numbers, each.number)) for each in GROUPINGS]


def _counted(rows: pa.Table, grouping: Grouping) -> pa.Table:
    keys = list(grouping.columns)
    counted = rows.select(keys).group_by(keys).aggregate([([], "count_all")])
    counted = counted.sort_by(
        [
            *((day, "ascending") for day in ("over_on", "told_on")),
            *((key, "ascending") for key in keys),
        ]
    )
    size = counted.num_rows
    made = {
        "grouping": pa.repeat(pa.scalar(grouping.number, pa.int8()), size),
        "n": counted["count_all"].cast(pa.int32()),
    }
    columns = [
        made.get(field.name)
        if field.name in made
        else counted[field.name]
        if field.name in keys
        else pa.nulls(size, field.type)
        for field in ROLLED_SCHEMA
    ]
    return pa.table(columns, schema=ROLLED_SCHEMA)
