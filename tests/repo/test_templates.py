"""No template is left that nothing renders."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tests.repo import ROOT

TEMPLATES = {
    str(file.relative_to(folder)): file
    for folder in (ROOT / "centro").rglob("templates")
    for file in folder.rglob("*")
    if file.is_file()
}
# Rendered by Django when a page fails, by their names.
BY_NAME = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}


def replaced_templates() -> set[str]:
    """Templates of other packages: ours of the same name come in their place."""
    found = set()
    for package in ("allauth", "django.contrib.admin", "django.forms"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        for folder in (Path(spec.origin).parent).rglob("templates"):
            found |= {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    return found


def test_every_template_is_used():
    sources = [*(ROOT / "centro").rglob("*.py"), *TEMPLATES.values()]
    texts = {file: file.read_text() for file in sources}
    expected = BY_NAME | replaced_templates()
    unused = [
        name
        for name, own in TEMPLATES.items()
        if name not in expected
        and not any(_names(name, text) for file, text in texts.items() if file != own)
    ]
    assert unused == []


def _names(name: str, text: str) -> bool:
    """By its full name, or put together from its folder and its stem: f"public/{step}.html"."""
    path = Path(name)
    if name in text:
        return True
    return f'f"{path.parent}/{{' in text and any(f'"{path.stem}"' in t for t in _python_texts())


@lru_cache(maxsize=1)
def _python_texts() -> tuple[str, ...]:
    return tuple(file.read_text() for file in (ROOT / "centro").rglob("*.py"))
