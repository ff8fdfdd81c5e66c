"""Documents point at files that exist."""

from __future__ import annotations

import re

from tests.repo import ROOT, tracked_files

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def test_no_link_leads_nowhere():
    pages = [f for f in tracked_files() if f.suffix == ".md" and "vendor" not in f.parts]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []
