"""A small pack that tests load, copy and break."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "tests" / "packs" / "mini"
PANAMA = ROOT / "packs" / "panama"


def copy_of_mini(folder: Path) -> Path:
    return Path(shutil.copytree(MINI, folder / "mini"))


def change(pack: Path, file: str, old: str, new: str) -> None:
    """Replace the first `old` in a file of the pack; it must be there."""
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(pack: Path, file: str, line: str) -> int:
    """Add a line at the end of a file; its number."""
    path = pack / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text + line + "\n", encoding="utf-8")
    return text.count("\n") + 1
