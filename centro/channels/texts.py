"""The words of each message, by name and language, in a country's own version where it has one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from centro.channels.models import MessageText
from centro.places.stamps import Kept

_FOLDER = Path(__file__).parent / "messages"
_FALLBACK = "es"
_NEEDED = {"number", "code", "link"}
_DATES = {"es": "l j \\d\\e F \\d\\e Y, g:i a", "en": "l, F j, Y, g:i a"}
STAMP = "messages"
# A line of a text that begins so is a heading in HTML, and loses the mark in plain text.
_MARK = "## "
_HEADING = re.compile(rf"^{_MARK}", re.MULTILINE)
_HEADING_LINE = re.compile(rf"^{_MARK}.*$", re.MULTILINE)


def names() -> list[str]:
    """Every message that exists, for example `case_opened`."""
    return sorted({path.name.split(".")[0] for path in _FOLDER.glob("*.txt")})


def render_message(name: str, language: str, values: Mapping[str, object]) -> tuple[str, str, str]:
    """Subject, text and HTML of a message. Unknown names raise LookupError."""
    subject, body = _words(name, language)
    with override(language):
        said = {key: _spoken(value) for key, value in values.items()}
        subject = " ".join(_filled(subject, said).split())
        body = _tidy(_filled(body, said))
        html = render_to_string(
            "channels/message.html",
            {"subject": subject, "parts": _parts(body), "language": language},
        )
    return subject, _HEADING.sub("", body), html


def _parts(body: str) -> list[tuple[str, str]]:
    """The body in pieces: a heading (none for the first piece) and the text below it."""
    names = [line.removeprefix(_MARK).strip() for line in _HEADING_LINE.findall(body)]
    return list(zip(["", *names], _HEADING_LINE.split(body), strict=True))


def faults_of(name: str, language: str, subject: str, body: str) -> list[str]:
    """What is wrong with a text that a site wants to use; empty when it can be sent."""
    try:
        known = _blanks(*default_words(name, language))
    except LookupError:
        return [_("No hay ningún mensaje «%(name)s».") % {"name": name}]
    if len(subject.splitlines()) != 1 or not subject.strip():
        return [_("El asunto ocupa una línea.")]
    template = Template(f"{subject}\n{body}")
    if not template.is_valid():
        return [_("Hay un signo $ suelto: escriba $$ para que se lea $.")]
    used = _blanks(subject, body)
    faults = [
        _("El espacio $%(blank)s no existe en este mensaje.") % {"blank": blank}
        for blank in sorted(used - known)
    ]
    # Without the number or the code, the citizen could not find the case again.
    faults += [
        _("Falta el espacio $%(blank)s.") % {"blank": blank}
        for blank in sorted((known & _NEEDED) - used)
    ]
    return faults


def _blanks(subject: str, body: str) -> set[str]:
    return set(Template(f"{subject}\n{body}").get_identifiers())


def _filled(text: str, said: Mapping[str, str]) -> str:
    # A text that was changed past faults_of must not keep a case from being opened.
    return Template(text).safe_substitute(defaultdict(str, said))


def _spoken(value: object) -> str:
    if isinstance(value, datetime):
        return date_format(value, _DATES.get(get_language() or "", _DATES[_FALLBACK]))
    return str(value)


def _tidy(text: str) -> str:
    """No three blank lines where an optional value was empty."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept) + "\n"


def brief_name(name: str, *, brief: bool) -> str:
    """The text of that name for where every letter costs, if there is one."""
    short = f"{name}_short"
    return short if brief and (_FOLDER / f"{short}.{_FALLBACK}.txt").exists() else name


def _words(name: str, language: str) -> tuple[str, str]:
    return _changed.get().get((name, language)) or default_words(name, language)


@cache
def default_words(name: str, language: str) -> tuple[str, str]:
    """Subject and body as they come with the code; Spanish where a language is missing."""
    for code in (language, _FALLBACK):
        path = _FOLDER / f"{name}.{code}.txt"
        if path.exists():
            subject, _newline, body = path.read_text(encoding="utf-8").partition("\n")
            return subject.strip(), body.strip()
    raise LookupError(f"no message named {name}")


def _read_changed() -> dict[tuple[str, str], tuple[str, str]]:
    return {(t.name, t.language): (t.subject, t.body) for t in MessageText.objects.all()}


_changed: Kept[dict[tuple[str, str], tuple[str, str]]] = Kept(STAMP, _read_changed)
