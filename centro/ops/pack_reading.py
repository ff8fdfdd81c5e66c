"""Reading the tables of a pack: every fault is noted with its file and line, none stops the rest."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_FLAGS = {"": False, "0": False, "1": True}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong in a pack, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class PackError(Exception):
    """The pack cannot be loaded, and nothing was changed. `faults` holds all that is wrong."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Faults:
    """All faults found so far."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, file: str, line: int, text: str) -> None:
        self.found.append(Fault(file, line, text))


class Row:
    """One line of a table. Its readers note a fault and give a harmless value instead."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str], faults: Faults) -> None:
        self.file = file
        self.line = line
        self._cells = cells
        self._faults = faults

    def fault(self, text: str) -> None:
        self._faults.add(self.file, self.line, text)

    def text(self, column: str, *, longest: int = 200, required: bool = False) -> str:
        value = self._cells.get(column, "").strip()
        if required and not value:
            self.fault(f"{column} is empty")
        if len(value) > longest:
            self.fault(f"{column} is longer than {longest} characters")
        return value

    def listed(self, column: str, *, longest: int = 100) -> list[str]:
        """Values between semicolons."""
        values = [part.strip() for part in self._cells.get(column, "").split(";")]
        for value in values:
            if len(value) > longest:
                self.fault(f"{column}: '{value[:30]}…' is longer than {longest} characters")
        return list(dict.fromkeys(value for value in values if value))

    def flag(self, column: str) -> bool:
        value = self.text(column)
        if value not in _FLAGS:
            self.fault(f"{column} is '{value}'; it is 0 or 1")
        return _FLAGS.get(value, False)

    def whole(self, column: str, *, least: int = 0, most: int = 2_000_000_000) -> int:
        value = self.text(column) or "0"
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self.fault(f"{column} is '{value}'; it is a whole number from {least} to {most}")
            return least
        return int(value)

    def degrees(self, column: str, limit: float) -> float | None:
        value = self.text(column)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not abs(number) <= limit:
            self.fault(f"{column} is '{value}'; it is in degrees from -{limit:g} to {limit:g}")
            return None
        return number

    def day(self, column: str) -> date:
        value = self.text(column)
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault(f"{column} is '{value}'; it is a date as 2026-11-03")
            return date.min

    def one_of(self, column: str, choices: Iterable[str]) -> str:
        value, allowed = self.text(column), list(choices)
        if value not in allowed:
            self.fault(f"{column} is '{value}'; it is one of {', '.join(allowed)}")
            return allowed[0]
        return value


class Unique:
    """Notes the keys of a table and faults the second use of one."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lines: dict[object, int] = {}

    def check(self, row: Row, key: object) -> None:
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            shown = " ".join(map(str, key)) if isinstance(key, tuple) else key
            row.fault(f"{self._what} {shown} is already in line {first}")

    def __contains__(self, key: object) -> bool:
        return key in self._lines


def read_text(folder: Path, name: str, faults: Faults) -> str | None:
    """The text of a file, or None with a fault when it is not UTF-8."""
    data = (folder / name).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        faults.add(name, line, "the file is not UTF-8")
        return None


def read_table(
    folder: Path, name: str, columns: Iterable[str], faults: Faults, *, required: bool = True
) -> list[Row]:
    """The rows of a CSV table whose first line names its columns, in any order."""
    if not (folder / name).is_file():
        if required:
            faults.add(name, 1, "the file is missing")
        return []
    text = read_text(folder, name, faults)
    if text is None:
        return []
    lines = _records(name, text, faults)
    head = next(lines, (1, []))[1]
    wanted = list(columns)
    for column in wanted:
        if column not in head:
            faults.add(name, 1, f"the column {column} is missing")
    for column in head:
        if column not in wanted or head.count(column) > 1:
            faults.add(name, 1, f"the column {column} is not known or is there twice")
    return list(_rows(name, head, lines, faults))


def _records(name: str, text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for record in reader:
            yield begins, record
            begins = reader.line_num + 1
    except csv.Error as error:
        faults.add(name, begins, f"this is not CSV: {error}")


def _rows(
    name: str, head: list[str], lines: Iterator[tuple[int, list[str]]], faults: Faults
) -> Iterator[Row]:
    for line, record in lines:
        if not record:
            continue
        if len(record) != len(head):
            faults.add(name, line, f"{len(record)} cells instead of {len(head)}")
            continue
        if any("\x00" in cell for cell in record):
            faults.add(name, line, "a cell holds a NUL character")
            continue
        yield Row(name, line, dict(zip(head, record, strict=True)), faults)
