"""What a command needs before Django starts: a database and secrets, unless a site gives its own.

`centro.config.settings` reads the environment; this module completes it from VAR.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
from pathlib import Path

from centro.ops.embedded import Hold, hold

ROOT = Path(__file__).resolve().parents[2]
_SECRETS = ("SECRET_KEY", "ACCESS_KEY", "PERSON_KEY", "CHANNEL_KEY")
_held: Hold | None = None


def var() -> Path:
    """The folder of everything that this installation writes."""
    return Path(os.environ.get("CENTRO_VAR") or ROOT / "var").absolute()


def prepare(*, database: bool = True) -> None:
    """Complete the environment and start Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "centro.config.settings")
    # A command works through one connection; the site's processes are told to keep a pool.
    os.environ.setdefault("DATABASE_POOL", "0")
    os.environ["CENTRO_VAR"] = str(var())
    fill_secrets(var() / "secrets.json")
    if "DATABASE_URL" not in os.environ:
        # Whoever names no database is trying things out, not serving a country.
        os.environ.setdefault("DEMONSTRATION", "1")
        if database:
            hold_database()
    import django

    django.setup()


def hold_database() -> Hold:
    """Hold the embedded server until this process ends, and name it to Django."""
    global _held  # noqa: PLW0603 one hold for the life of the process
    if _held is None:
        _held = hold(var())
        atexit.register(_held.release)
    os.environ["DATABASE_URL"] = _held.url
    return _held


def held_database() -> Hold | None:
    """The hold of this process; None with a database of the site's own."""
    return _held


def fill_secrets(file: Path) -> None:
    """Keys that the environment does not give: made once and kept where only the owner reads."""
    missing = [name for name in _SECRETS if not os.environ.get(name)]
    if not missing:
        return
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if new := {name: secrets.token_urlsafe(48) for name in _SECRETS if name not in known}:
        known = _kept_secrets(file, known | new)
    for name in missing:
        os.environ[name] = known[name]


def _kept_secrets(file: Path, values: dict[str, str]) -> dict[str, str]:
    """Written whole or not at all. Of two first commands at once, the first to arrive wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps(values, indent=1))
    try:
        if file.exists():
            new.replace(file)
        else:
            os.link(new, file)
    except FileExistsError:
        values = json.loads(file.read_text())
    finally:
        new.unlink(missing_ok=True)
    return values
