"""Message catalogues without GNU gettext: extract, check and compile with Babel.

Texts are Spanish in code and templates; `centro/locale/en` translates them to English.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message, TranslationError
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "centro" / "locale"
SOURCES = ROOT / "centro"
_SKIPPED = {"migrations", "static", "locale", "node_modules"}
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "N_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_HEADER = r"""# Texts of Centro 311. `centro messages extract` keeps this file; translate each msgstr.
msgid ""
msgstr ""
"Project-Id-Version: Centro 311\n"
"Language: {language}\n"
"Plural-Forms: {plural}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the interface and where it was found."""

    id: str | tuple[str, str]
    context: str | None
    place: str
    comments: tuple[str, ...] = ()


def extract_messages() -> list[Path]:
    """Bring every catalogue in step with code and templates; the catalogues that changed."""
    texts = find_texts()
    return [file for file in catalogues() if _update(file, texts)]


def compile_messages() -> list[Path]:
    """Write the .mo beside each .po that is newer than it; the ones written."""
    written = []
    for file in catalogues():
        target = file.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns == file.stat().st_mtime_ns:
            continue
        new = target.with_suffix(f".mo.{os.getpid()}")
        with new.open("wb") as out:
            write_mo(out, _read(file))
        os.utime(new, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        new.replace(target)
        written.append(target)
    return written


def check_messages() -> list[str]:
    """What is wrong with the catalogues, one line each. Empty is healthy."""
    texts = find_texts()
    return [fault for file in catalogues() for fault in _faults_of(file, texts)]


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def find_texts() -> list[Text]:
    """Every text of code and templates, in the order of files and lines."""
    texts: list[Text] = []
    for file in _sources():
        texts += _texts_of_code(file) if file.suffix == ".py" else _texts_of_template(file)
    return texts


def _sources() -> Iterator[Path]:
    for file in sorted(SOURCES.rglob("*")):
        inner = file.relative_to(SOURCES)
        if file.suffix in {".py", ".html", ".txt"} and not _SKIPPED & set(inner.parts):
            yield file


def _texts_of_code(file: Path) -> Iterator[Text]:
    # Channel texts (.txt) are whole messages with their own languages; only code and pages here.
    with file.open("rb") as opened:
        found = extract("python", opened, keywords=_KEYWORDS, comment_tags=("Translators:",))
        for line, messages, comments, context in found:
            yield _text(messages, context, f"{_name(file)}:{line}", tuple(comments))


def _text(messages: Any, context: str | None, place: str, comments: tuple[str, ...] = ()) -> Text:
    if isinstance(messages, tuple):
        return Text((messages[0], messages[1]), context, place, comments)
    return Text(messages, context, place, comments)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _texts_of_template(file: Path) -> Iterator[Text]:
    """Django turns a template into Python calls, line by line; Babel reads those."""
    from django.utils.translation.template import templatize

    if file.suffix == ".txt" and "{%" not in file.read_text():
        return
    code = templatize(file.read_text(), origin=str(file))
    flat = "\n".join(line.strip() for line in code.split("\n"))
    found = extract("python", io.BytesIO(flat.encode()), keywords=_KEYWORDS)
    for line, messages, _comments, context in found:
        yield _text(messages, context, f"{_name(file)}:{line}")


def _read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parts[-3])


def _update(file: Path, texts: list[Text]) -> bool:
    """True when the file changed. A translation stays as long as its text does."""
    old = _read(file)
    new = Catalog(locale=old.locale, fuzzy=False)
    for text in texts:
        known = old.get(text.id if isinstance(text.id, str) else text.id[0], text.context)
        new.add(
            text.id,
            known.string if known is not None else None,
            locations=[(text.place.rsplit(":", 1)[0], 0)],
            auto_comments=text.comments,
            user_comments=known.user_comments if known is not None else (),
            context=text.context,
        )
    out = io.BytesIO()
    write_po(out, new, width=100, include_lineno=False, sort_by_file=True, omit_header=True)
    header = _HEADER.format(language=file.parts[-3], plural=new.plural_forms)
    content = header.encode() + out.getvalue()
    if content == file.read_bytes():
        return False
    file.write_bytes(content)
    return True


def _faults_of(file: Path, texts: list[Text]) -> Iterator[str]:
    catalogue = _read(file)
    used: set[tuple[str, str | None]] = set()
    for text in texts:
        key = (text.id if isinstance(text.id, str) else text.id[0], text.context)
        if key not in used:
            used.add(key)
            yield from (f"{text.place}: {fault}" for fault in _fault(catalogue, text, key))
    for message in catalogue:
        if message.id and _key(message) not in used:
            yield f"{_name(file)}: stale (in no code or template): {message.id!r}"


def _key(message: Message) -> tuple[str, str | None]:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def _fault(catalogue: Catalog, text: Text, key: tuple[str, str | None]) -> Iterator[str]:
    message = catalogue.get(*key)
    if message is None:
        yield f"not in the catalogue (run `centro messages extract`): {text.id!r}"
        return
    string = message.string
    if not (all(string) if isinstance(string, (tuple, list)) else string):
        yield f"not translated to {catalogue.locale}: {text.id!r}"
    elif message.fuzzy:
        yield f"translation is marked fuzzy: {text.id!r}"
    else:
        errors: list[TranslationError] = message.check(catalogue)
        yield from (f"{error}: {text.id!r}" for error in errors)
