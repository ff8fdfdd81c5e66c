"""Tests of the repository itself."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def tracked_files() -> tuple[Path, ...]:
    """Every file in version control, or about to be; in an export without it, every file."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        files = [f for f in ROOT.rglob("*") if not {".venv", "var"} & set(f.parts)]
    return tuple(file for file in files if file.is_file())


def text_of(file: Path) -> str:
    """The text of a file; nothing for a picture or a font."""
    content = file.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")
