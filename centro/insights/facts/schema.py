"""The columns of a case fact. Dates are local days, durations whole seconds.

A row is one cycle of one case. It holds nothing that could identify a person: no text, no name, no
point on the map; a reserved case has no corregimiento, and a sealed one nothing but its dates and
how it ended (see `reading`).
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa

# To be raised with every change below: files of another version are made anew.
VERSION = 4

SCHEMA = pa.schema(
    [
        ("case_id", pa.int64()),  # none for a sealed case
        ("cycle", pa.int16()),
        ("opened_on", pa.date32()),  # of the case: its cohort
        ("opened_hour", pa.int8()),
        ("started_on", pa.date32()),  # of the cycle
        ("ended_on", pa.date32()),  # when the next cycle began; none for the last
        ("due_on", pa.date32()),
        ("due_s", pa.int64()),  # the same to the second, since 1970 in UTC
        ("solved_on", pa.date32()),
        ("closed_on", pa.date32()),
        # The last day on which anything about this turn is told; LONG_FROM_NOW while it goes on.
        ("over_on", pa.date32()),
        # The last day of which anything is told so far: nothing is another afterwards.
        ("told_on", pa.date32()),
        ("on_time", pa.bool_()),  # of the solution; none without one
        ("to_solve_s", pa.int64()),  # from the citizen's word (or the reopening) to the solution
        ("last_hours", pa.bool_()),  # solved in the last hours of the term
        ("before_due", pa.bool_()),  # closed no later than the day it was due
        ("status", pa.string()),
        ("reason", pa.string()),
        ("kind", pa.string()),
        ("channel", pa.string()),
        ("priority", pa.string()),
        ("confidentiality", pa.string()),
        ("satisfied", pa.bool_()),  # what the citizen said of the solution; none without a word
        ("merged", pa.bool_()),  # represented by another case
        ("agency_id", pa.int32()),
        ("unit_id", pa.int32()),
        ("service_id", pa.int32()),
        ("province_id", pa.int32()),
        ("district_id", pa.int32()),
        ("corregimiento_id", pa.int32()),
        ("reclassified", pa.int16()),  # how often in this cycle
        ("transferred", pa.int16()),  # proposals to give it to another entity: "not ours"
        ("rung", pa.int8()),  # the highest rung of the ladder in this cycle; 0 for none
    ]
)
LONG_FROM_NOW = date(9999, 12, 31)
# What is over comes first, so that of an old month only the few rows at the end are read, and then
# only those of which something was told lately; in pieces small enough for that.
ORDER = [
    ("over_on", "ascending"),
    ("told_on", "ascending"),
    ("case_id", "ascending"),
    ("cycle", "ascending"),
    ("opened_on", "ascending"),
    ("closed_on", "ascending"),
]
ROWS_IN_A_GROUP = 16_384
# Solved this close to the end of the term: a solution, or a number saved?
LAST_HOURS = 4
