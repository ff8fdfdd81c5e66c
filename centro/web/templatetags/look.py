"""What templates say often: an icon, a date as people write it, the badges of a case."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from centro.catalog.models import Question
from centro.contacts.surging import surge_now
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_phone
from centro.knowledge.queries import emergency_numbers as numbers_to_call

register = template.Library()

# (colour class, icon); the words come from the model.
STATUS_LOOK = {
    "received": ("badge--sun", "inbox"),
    "assigned": ("badge--blue", "building"),
    "in_progress": ("badge--blue", "wrench"),
    "waiting": ("badge--sun", "pause"),
    "resolved": ("badge--ok", "check"),
    "closed": ("", "check"),
    "duplicate": ("", "merge"),
}
PRIORITY_LOOK = {
    "low": ("", ""),
    "medium": ("", ""),
    "high": ("badge--sun", "flag"),
    "urgent": ("badge--solid", "siren"),
}
CONFIDENTIALITY_LOOK = {"reserved": ("badge--plum", "eye-off"), "sealed": ("badge--solid", "lock")}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite. It is always decoration: put the words beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def emergency_numbers() -> list[Any]:
    """The numbers to call when life is in danger, most important first (cached)."""
    return list(numbers_to_call())


@register.simple_tag
def surge_notice() -> str:
    """What everybody is told while more people write than can be answered; empty otherwise."""
    surge = surge_now()
    return surge.told_in("en" if _is_english() else "es") if surge else ""


def _badge(look: tuple[str, str], words: object) -> SafeString:
    colour, drawing = look
    picture = icon(drawing) if drawing else ""
    return format_html('<span class="badge {}">{}{}</span>', colour, picture, words)


@register.simple_tag
def status_badge(case: Any) -> SafeString:
    """The status of a case in a word and a colour."""
    return _badge(STATUS_LOOK.get(case.status, ("", "")), case.get_status_display())


@register.simple_tag
def priority_badge(case: Any) -> SafeString:
    """The priority of a case; nothing for the ordinary ones, so that the others stand out."""
    look = PRIORITY_LOOK.get(case.priority, ("", ""))
    return _badge(look, case.get_priority_display()) if look[0] else SafeString("")


@register.simple_tag
def confidentiality_badge(case: Any) -> SafeString:
    """Reserved or sealed; nothing for an open case."""
    look = CONFIDENTIALITY_LOOK.get(case.confidentiality)
    return _badge(look, case.get_confidentiality_display()) if look else SafeString("")


@register.simple_tag(takes_context=True)
def current(context: template.Context, *prefixes: str) -> SafeString:
    """`aria-current="page"` when the address asked for begins with one of the prefixes."""
    path = context["request"].path
    here = any(path.startswith(prefix) if prefix != "/" else path == "/" for prefix in prefixes)
    return SafeString('aria-current="page"') if here else SafeString("")


@register.simple_tag(takes_context=True)
def back_address(context: template.Context) -> str:
    """Where the person came from if that was here, otherwise the beginning of this face."""
    request = context["request"]
    came_from = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        return str(came_from)
    return "/mesa/" if request.path.startswith("/mesa/") else "/"


# ---- Dates as people write them ----


def _babel() -> str:
    return "en" if (get_language() or "es").startswith("en") else "es_PA"


def exact(moment: datetime) -> str:
    """`lun 23 nov, 4:15 p. m.` in local time; the year only when it is another one."""
    local = timezone.localtime(moment)
    year = " y" if local.year != timezone.localtime().year else ""
    text = format_datetime(local, f"EEE d MMM{year}, h:mm a", locale=_babel(), tzinfo=local.tzinfo)
    return str(text).replace("\u202f", "\u00a0")


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 60:
        return gettext("%(n)d min") % {"n": max(minutes, 1)}
    if minutes < 24 * 60:
        return gettext("%(n)d h") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d día", "%(n)d días", days) % {"n": days}


def distance(moment: datetime, now: datetime | None = None) -> str:
    """`hace 3 h`, `en 2 días`; `ahora` within a minute; nothing beyond two weeks."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    if abs(seconds) < 60:
        return gettext("ahora")
    if abs(seconds) > timedelta(days=14).total_seconds():
        return ""
    words = gettext("hace %(span)s") if seconds > 0 else gettext("en %(span)s")
    return words % {"span": _span(abs(seconds))}


@register.filter
def when(moment: datetime | None) -> SafeString:
    """`hace 3 h · lun 23 nov, 4:15 p. m.` inside <time>; a dash for no moment.

    On paper, which is read another day, only the moment itself.
    """
    if moment is None:
        return SafeString("—")
    ago = distance(moment)
    near = format_html('<span class="no-print">{} · </span>', ago) if ago else ""
    stamp = moment.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}{}</time>', stamp, near, exact(moment))


@register.filter(name="moment")
def moment_itself(moment: datetime) -> SafeString:
    """`lun 23 nov, 4:15 p. m.` inside <time>, where how long until then does not matter."""
    stamp = moment.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', stamp, exact(moment))


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """Only `hace 3 h` (the exact moment as its title), for narrow columns."""
    if moment is None:
        return SafeString("—")
    full = exact(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        full,
        distance(moment) or full,
    )


@register.filter
def day(moment: datetime | date | None) -> SafeString:
    """`lunes 23 de noviembre de 2026` inside <time>."""
    if moment is None:
        return SafeString("—")
    local = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    pattern = "EEEE d MMMM y" if _babel() == "en" else "EEEE d 'de' MMMM 'de' y"
    words = format_date(local, pattern, locale=_babel())
    return format_html('<time class="time--long" datetime="{}">{}</time>', local.isoformat(), words)


@register.filter
def due(moment: datetime | None) -> SafeString:
    """How a deadline stands: `vence en 3 h`, `vencido hace 2 días`, coloured when near or past."""
    if moment is None:
        return SafeString("—")
    seconds = (moment - timezone.now()).total_seconds()
    near = seconds < timedelta(days=1).total_seconds()
    words = gettext("vencido hace %(span)s") if seconds < 0 else gettext("vence en %(span)s")
    return format_html(
        '<time datetime="{}" title="{}" class="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact(moment),
        "late" if seconds < 0 else "soon" if near else "",
        words % {"span": _span(abs(seconds))},
    )


# ---- Data with a name in both languages ----


def _is_english() -> bool:
    return (get_language() or "es").startswith("en")


@register.filter
def label(thing: Any) -> str:
    """The name or label of catalogue data in the reader's language, when it has that language."""
    own = "label" if hasattr(thing, "label") else "name"
    return label_of(getattr(thing, own), getattr(thing, f"{own}_en", ""))


def label_of(own: str, english: str) -> str:
    """One of two names, by the reader's language."""
    return str((english if _is_english() else "") or own)


def choices_of(question: Question) -> list[tuple[str, str]]:
    """What a question of kind choice offers: the word that is kept, and the reader's."""
    return question.offered(english=_is_english())


@register.filter
def answer(value: Any, question: Question) -> str:
    """What somebody answered, in words and in the reader's language."""
    if question.kind == Question.Kind.YES_NO:
        return {"si": gettext("Sí"), "no": gettext("No")}.get(str(value), str(value))
    return dict(choices_of(question)).get(str(value), str(value))


@register.filter
def phone(number: str) -> str:
    """A telephone number as people write it: `6123-4567` for `+50761234567`."""
    try:
        return parse_phone(number).national
    except Invalid:
        return number


@register.filter
def count(number: int) -> str:
    """`12,345`, as numbers are written in Panama."""
    return str(format_decimal(number, locale=_babel()))


# ---- Fields ----


@register.filter
def attrs(field: Any, given: str) -> SafeString:
    """Render a bound field with more attributes: `{{ form.q|attrs:"class=input,autofocus" }}`."""
    pairs = (pair.partition("=") for pair in given.split(","))
    extra: dict[str, Any] = {name: value if sep else True for name, sep, value in pairs}
    return SafeString(conditional_escape(field.as_widget(attrs=extra)))
