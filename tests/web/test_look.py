"""The look keeps its promises: contrast, icons that exist, dates as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from centro.web.templatetags import look

WEB = Path(look.__file__).resolve().parents[1]
CSS = (WEB / "static/css/tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = CSS.split("@media (prefers-color-scheme: dark)")

# (text, ground): at least 4.5:1
TEXT = [
    ("ink", "ground"), ("ink", "paper"), ("ink", "sunken"), ("ink", "paper-2"),
    ("ink-2", "ground"), ("ink-2", "paper"), ("ink-2", "sunken"), ("ink-3", "paper"),
    ("link", "ground"), ("link", "paper"), ("link", "sunken"), ("link-2", "paper"),
    ("on-action", "action"), ("on-action", "action-2"),
    ("on-brand", "brand"), ("on-brand-2", "brand"), ("on-brand-2", "brand-2"),
    ("on-tint", "tint"), ("on-sun", "sun"), ("on-sun", "sun-2"),
    ("on-danger", "danger"), ("on-danger-tint", "danger-tint"), ("on-danger-tint", "paper"),
    ("on-warn-tint", "warn-tint"), ("on-warn-tint", "paper"),
    ("on-ok-tint", "ok-tint"), ("on-plum-tint", "plum-tint"),
]  # fmt: skip
# (edge, ground): at least 3:1
EDGES = [("control", "paper"), ("control", "ground"), ("focus", "paper"), ("focus", "ground"), ("danger", "paper")]  # fmt: skip


def colours(scheme: str) -> dict[str, str]:
    base = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", LIGHT))
    return (
        base if scheme == "light" else base | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", DARK))
    )


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_in_both_schemes(ink: str, ground: str, scheme: str):
    palette = colours(scheme)
    assert contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_of_controls_and_focus_can_be_seen(edge: str, ground: str, scheme: str):
    palette = colours(scheme)
    assert contrast(palette[edge], palette[ground]) >= 3


def test_every_icon_that_is_used_is_drawn():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (WEB / "static/img/icons.svg").read_text()))
    sources = [*WEB.rglob("*.html"), *WEB.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(
        re.findall(r'icon_name="([\w-]+)"', text)
    )
    used |= {name for _, name in [*look.STATUS_LOOK.values(), *look.PRIORITY_LOOK.values()] if name}
    assert used - drawn == set()


def test_no_template_carries_inline_style_or_script():
    for path in WEB.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'\sstyle="|<style|\son\w+="|javascript:', text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path


def test_no_page_asks_another_site_for_anything():
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.css"), *(WEB / "static/js").glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(https?:)?//|url\(["\']?(https?:)?//', text), path


def test_a_date_is_written_as_people_write_it():
    moment = timezone.now().astimezone(UTC).replace(microsecond=0) - timedelta(hours=3, minutes=5)
    said = look.when(moment)
    assert said.startswith(
        f'<time datetime="{moment.isoformat()}"><span class="no-print">hace 3 h · </span>'
    )


def test_an_exact_moment_is_local_and_spanish(settings):
    settings.TIME_ZONE = "America/Panama"
    with timezone.override("America/Panama"):
        year = timezone.localtime().year
        said = look.exact(datetime(year, 11, 23, 21, 15, tzinfo=UTC))
    assert re.fullmatch(r"\w{3} 23 nov, 4:15\sp\.\sm\.", said)


def test_the_same_moment_in_english():
    with timezone.override("America/Panama"), translation.override("en"):
        said = look.exact(datetime(2020, 3, 2, 13, 5, tzinfo=UTC))
    assert re.fullmatch(r"Mon 2 Mar 2020, 8:05\sAM", said)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "ahora"), (61, "hace 1 min"), (3 * 3600, "hace 3 h"), (86400, "hace 1 día"),
     (3 * 86400, "hace 3 días"), (20 * 86400, ""), (-7200, "en 2 h"), (-5, "ahora")],
)  # fmt: skip
def test_how_long_ago_in_words(seconds: int, said: str):
    now = timezone.now()
    assert look.distance(now - timedelta(seconds=seconds), now) == said


def test_a_missed_deadline_stands_out():
    assert 'class="late"' in look.due(timezone.now() - timedelta(days=2))
    assert 'class="soon"' in look.due(timezone.now() + timedelta(hours=2))
    assert 'class=""' in look.due(timezone.now() + timedelta(days=9))


def test_no_moment_is_a_dash():
    assert look.when(None) == look.ago(None) == look.day(None) == look.due(None) == "—"


def test_the_current_page_is_marked(rf):
    context = Context({"request": rf.get("/mesa/bandeja/?pagina=2")})
    template = Template(
        '{% load look %}<a {% current "/mesa/bandeja/" %}>x</a><a {% current "/" %}>y</a>'
    )
    assert template.render(context) == '<a aria-current="page">x</a><a >y</a>'
