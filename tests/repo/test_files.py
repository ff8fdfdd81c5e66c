"""What must never be committed: hosts of package registries, paths of one machine, leftovers."""

from __future__ import annotations

import re

from tests.repo import ROOT, text_of, tracked_files

# In pieces, so that this file does not find itself.
_HOSTS = [
    ("pypi", "org"),
    ("files.pythonhosted", "org"),
    ("registry.npmjs", "org"),
    ("deb.debian", "org"),
    ("registry.yarnpkg", "com"),
]
HOSTS = re.compile("|".join(re.escape(".".join(parts)) for parts in _HOSTS))
MACHINE = re.compile(
    "(?<![\\w.])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + r"me/\w+"]) + r")/\w"
)
CONFLICT = re.compile("^(<{7}|>{7}) ", re.MULTILINE)
LARGEST = 6 * 1024 * 1024


def names_of(pattern: re.Pattern[str]) -> list[str]:
    return [str(f.relative_to(ROOT)) for f in tracked_files() if pattern.search(text_of(f))]


def test_no_file_names_a_package_registry():
    assert names_of(HOSTS) == []


def test_no_file_names_a_folder_of_one_machine():
    assert names_of(MACHINE) == []


def test_no_file_holds_a_merge_conflict():
    assert names_of(CONFLICT) == []


def test_no_file_is_too_large():
    assert [f.name for f in tracked_files() if f.stat().st_size > LARGEST] == []


def test_scripts_can_be_run():
    scripts = [f for f in tracked_files() if text_of(f).startswith("#!")]
    assert [f.name for f in scripts if not f.stat().st_mode & 0o100] == []
