"""Loading a country pack: check all of it, then change the database in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from centro.agencies.queries import STAMP as AGENCIES
from centro.cases.actions import begin_retargeting
from centro.catalog.calendars import STAMP as CATALOG
from centro.channels.texts import STAMP as MESSAGES
from centro.kernel.actor import SYSTEM
from centro.knowledge.queries import STAMP as KNOWLEDGE
from centro.ops.pack_content import read_pack
from centro.ops.pack_reading import Fault, PackError
from centro.ops.pack_rows import About, Pack
from centro.ops.pack_saving import Change, Saver
from centro.places.models import LoadedPack
from centro.places.queries import STAMP as PLACES
from centro.places.stamps import forget_copies, renew_stamp

__all__ = ["Fault", "PackError", "Summary", "load_pack", "pack_in_use"]

# Part of the digest: raise it when the loader itself would write something else from the same files.
_LOADER = "3"
_LOCK = 311_001
# Which copies in memory hang on which tables.
_STAMPS = {
    PLACES: ("places", "boundaries", "landmarks"),
    AGENCIES: ("agencies", "units"),
    CATALOG: ("agencies", "services", "questions", "sayings", "holidays"),
    KNOWLEDGE: ("agencies", "articles", "emergency"),
    MESSAGES: ("messages",),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What loading did. `skipped` when the very same files were loaded before."""

    name: str
    skipped: bool = False
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether anything in the database changed."""
        return any(change.anything for change in self.changes)


def load_pack(
    folder: Path, *, report: Callable[[str], None] = lambda _: None, force: bool = False
) -> Summary:
    """Load the pack in `folder`; loading the same files again changes nothing.

    `report` is told each step. `force` writes the pack's rows again even when the files are the
    ones loaded last. Raises `PackError` with every fault found, having changed nothing.
    """
    if not folder.is_dir():
        raise PackError([Fault(str(folder), 1, "there is no such folder")])
    digest = _digest(folder)
    if not force and pack_in_use() == digest:
        return Summary(folder.name, skipped=True)
    report("checking the files")
    pack = read_pack(folder)
    report("writing")
    saver = _save(folder.name, digest, pack)
    forget_copies()
    notes = [*pack.notes, *_differences(pack.about)]
    return Summary(folder.name, changes=saver.changes, notes=notes)


def pack_in_use() -> str:
    """The digest of the files loaded last, or an empty text."""
    return LoadedPack.objects.values_list("digest", flat=True).first() or ""


@transaction.atomic
def _save(name: str, digest: str, pack: Pack) -> Saver:
    with connection.cursor() as cursor:
        # Two loads at once would each think a row is new.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = LoadedPack.objects.first()
    saver = Saver(pack, last.manifest if last else {})
    saver.save()
    # One country at a time: a row, whatever the pack is called.
    loaded = last or LoadedPack()
    loaded.name, loaded.digest, loaded.manifest = name, digest, saver.manifest
    loaded.save()
    for version in saver.succeeding:
        begin_retargeting(version=version, by=SYSTEM)
    for stamp, tables in _STAMPS.items():
        if saver.changed(*tables):
            renew_stamp(stamp)
    return saver


def _differences(about: About) -> list[str]:
    """Where the running settings are not what the pack expects."""
    running: Mapping[str, str] = {
        "time_zone": settings.TIME_ZONE,
        "opens": settings.OFFICE_OPENS,
        "closes": settings.OFFICE_CLOSES,
        "language": settings.LANGUAGE_CODE,
    }
    return [
        f"the pack expects {key} {expected}; the settings say {running[key]}"
        for key in running
        if (expected := getattr(about, key)) != running[key]
    ]


def _digest(folder: Path) -> str:
    """A digest of every file of the pack, names included."""
    whole = hashlib.sha256(_LOADER.encode())
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
    return whole.hexdigest()
