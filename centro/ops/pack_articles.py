"""The texts of a pack: articles of the knowledge base and the messages that citizens get."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Template
from typing import Any

from centro.ops.pack_reading import Faults, read_text
from centro.ops.pack_rows import ArticleRow, TextRow

_ARTICLE = re.compile(r"(?P<slug>[a-z0-9][a-z0-9-]*)\.(?P<language>[a-z]{2})\.md")
_MESSAGE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\.(?P<language>[a-z]{2})\.txt")
_FENCE = "+++\n"
_DEFAULTS = Path(__file__).resolve().parents[1] / "channels" / "messages"


def read_articles(folder: Path, agencies: set[str], faults: Faults) -> list[ArticleRow]:
    """Every `articles/<slug>.<language>.md`: TOML between lines of +++, then the text."""
    articles = []
    for file in sorted((folder / "articles").glob("*")):
        name = f"articles/{file.name}"
        match = _ARTICLE.fullmatch(file.name)
        if match is None:
            faults.add(name, 1, "the name of an article is <slug>.<language>.md")
            continue
        text = read_text(folder, name, faults)
        if text is not None and (article := _article(name, match, text, faults)):
            if article.agency and article.agency not in agencies:
                faults.add(name, _line(text, "agency"), f"agency '{article.agency}' is not known")
            articles.append(article)
    return articles


def read_texts(folder: Path, faults: Faults) -> list[TextRow]:
    """Every `messages/<name>.<language>.txt`: the subject, an empty line, the text."""
    texts = []
    for file in sorted((folder / "messages").glob("*")):
        name = f"messages/{file.name}"
        match = _MESSAGE.fullmatch(file.name)
        if match is None:
            faults.add(name, 1, "the name of a message is <name>.<language>.txt")
            continue
        text = read_text(folder, name, faults)
        if text is None:
            continue
        subject, _, body = text.partition("\n")
        if not subject.strip() or len(subject) > 200 or not body.strip():
            faults.add(name, 1, "a message is a subject of 200 characters at most and a text")
        _check_values(name, match["name"], text, faults)
        texts.append(TextRow(match["name"], match["language"], subject.strip(), body.strip()))
    return texts


def _article(name: str, match: re.Match[str], text: str, faults: Faults) -> ArticleRow | None:
    parts = text.split(_FENCE, 2)
    if len(parts) != 3 or parts[0]:
        faults.add(name, 1, "an article begins with TOML between two lines of +++")
        return None
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        faults.add(name, int(found[1]) + 1 if found else 1, f"this is not TOML: {error}")
        return None
    body = parts[2].strip()
    if not body:
        faults.add(name, text.count("\n") + 1, "the article has no text")
    return ArticleRow(
        slug=match["slug"],
        language=match["language"],
        title=_title(name, text, head, faults),
        body=body,
        agency=str(head.get("agency", "")),
        keywords=_keywords(name, text, head, faults),
    )


def _title(name: str, text: str, head: dict[str, Any], faults: Faults) -> str:
    title = head.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= 200:
        faults.add(name, _line(text, "title"), "title is a text of 200 characters at most")
        return ""
    return title


def _keywords(name: str, text: str, head: dict[str, Any], faults: Faults) -> list[str]:
    keywords = head.get("keywords", [])
    if not isinstance(keywords, list) or not all(
        isinstance(keyword, str) and len(keyword) <= 100 for keyword in keywords
    ):
        faults.add(name, _line(text, "keywords"), "keywords is a list of texts")
        return []
    return list(dict.fromkeys(keywords))


def _check_values(file: str, name: str, text: str, faults: Faults) -> None:
    """A message may only use the values that the program's own text of that name uses."""
    own = sorted(_DEFAULTS.glob(f"{name}.*.txt"))
    if not own:
        faults.add(file, 1, f"the program sends no message named {name}")
        return
    known = {value for each in own for value in _values(each.read_text(encoding="utf-8"))}
    for line, content in enumerate(text.splitlines(), start=1):
        if not Template(content).is_valid():
            faults.add(file, line, "a $ stands for itself only when written $$")
            continue
        for value in _values(content):
            if value not in known:
                faults.add(file, line, f"the message {name} has no value ${value}")


def _values(text: str) -> list[str]:
    return Template(text).get_identifiers()


def _line(text: str, key: str) -> int:
    found = re.search(rf"^{key}\s*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
