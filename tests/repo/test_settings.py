"""What is read from the environment is documented, and read in one place."""

from __future__ import annotations

import re

from tests.repo import ROOT

PAGE = ROOT / "docs" / "reference" / "settings.md"
READ = re.compile(
    r"""environ(?:\.get|\.setdefault)?[\[(]\s*"([A-Z][A-Z0-9_]+)"   # environ["X"], environ.get("X")
    |_flag\(\s*"([A-Z][A-Z0-9_]+)"
    |envvar="([A-Z][A-Z0-9_]+)"
    |"([A-Z][A-Z0-9_]+)"\s+(?:not\ )?in\ os\.environ""",
    re.VERBOSE,
)
# Set by us for Django, not a choice of the site.
INTERNAL = {"DJANGO_SETTINGS_MODULE"}


def names_read() -> set[str]:
    found: set[str] = set()
    for file in (ROOT / "centro").rglob("*.py"):
        for match in READ.finditer(file.read_text()):
            found |= {name for name in match.groups() if name}
    return found - INTERNAL


def names_documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", PAGE.read_text(), re.MULTILINE))


def test_every_setting_is_documented():
    assert names_read() - names_documented() == set()


def test_every_documented_setting_is_read():
    tools = (ROOT / "tools").glob("*.sh")
    outside = "".join(file.read_text() for file in (*tools, *(ROOT / "tests").glob("*.py")))
    unread = {name for name in names_documented() - names_read() if name not in outside}
    assert unread == set()


def test_only_settings_and_commands_read_the_environment():
    readers = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "centro").rglob("*.py")
        if "os.environ" in file.read_text() or "getenv" in file.read_text()
    }
    assert {name for name in readers if not name.startswith("centro/ops/")} == {
        "centro/config/settings.py"
    }
