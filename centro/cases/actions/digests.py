"""Digests: what people of the State must know, in one mail an hour, at a decent hour.

A digest is one transaction: its message, the job that carries it and the mark on each notice. Two
that digest at once meet at the row of the user; one that is killed leaves everything as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.accounts.models import User
from centro.cases.models import Notice
from centro.cases.notice_words import ORDER
from centro.cases.noticeboard import Posted, notices_of, posted, with_cases
from centro.channels.actions import send_message
from centro.channels.models import OutboundMessage
from centro.kernel.clock import now

AT_MOST_EVERY = timedelta(hours=1)
MOST_LISTED = 40
_LOOKED_BACK = 200
_log = logging.getLogger(__name__)


def send_digests() -> int:
    """Write to everybody who has something to hear and may be written to now.

    Returns how many mails were queued.
    """
    waiting = Notice.objects.filter(sent_at=None)
    if is_quiet(now()):
        waiting = waiting.filter(urgent=True)
    first = waiting.order_by().values("user").annotate(first=Min("created_at"))
    users = list(first.order_by("first", "user").values_list("user", flat=True))
    return sum(_try_digest(user) for user in users)


def _try_digest(user: int) -> bool:
    """One person's fault must not keep everybody else's mail back; theirs is tried again."""
    try:
        return _send_digest(user)
    except Exception:
        _log.exception("the digest of user %s failed", user)
        return False


def is_quiet(moment: datetime) -> bool:
    """Whether it is the time of night in which only what is urgent is sent."""
    begins, ends = (time.fromisoformat(t) for t in (settings.QUIET_FROM, settings.QUIET_UNTIL))
    at = localtime(moment).time()
    return begins <= at < ends if begins <= ends else at >= begins or at < ends


@transaction.atomic
def _send_digest(user_id: int) -> bool:
    """One person's digest, unless they were written to within the hour or another writes now."""
    rows = User.objects.select_for_update(skip_locked=True, no_key=True)
    user = rows.filter(pk=user_id).first()
    if user is None or _was_written_to(user):
        return False
    unsent = Notice.objects.filter(user=user, sent_at=None)
    if is_quiet(now()):
        unsent = unsent.filter(urgent=True)
    kept = list(unsent.values_list("pk", flat=True))
    told = _worth_telling(user, kept) if user.is_active and user.email else []
    message = _write(user, told) if told else None
    # Who has no address reads them at the desk, as does who has read them there already.
    Notice.objects.filter(pk__in=kept).update(sent_at=now(), message=message)
    return message is not None


def _was_written_to(user: User) -> bool:
    newest = Notice.objects.filter(user=user).order_by("-pk")[:_LOOKED_BACK]
    written = Notice.objects.filter(pk__in=newest.values("pk"), message__isnull=False)
    last = written.aggregate(last=Max("sent_at"))["last"]
    return last is not None and last > now() - AT_MOST_EVERY


def _worth_telling(user: User, kept: list[int]) -> list[Posted]:
    """What was not read at the desk in the meantime, and may still be read."""
    notices = with_cases(notices_of(user).filter(pk__in=kept, seen_at=None)).order_by("pk")
    return posted(list(notices), user)


def _write(user: User, told: list[Posted]) -> OutboundMessage:
    with override(user.language):
        listed = _listed(told)
    return send_message(
        kind="email",
        address=user.email,
        name="digest",
        language=user.language,
        count=len(told),
        person=user.get_short_name() or user.username,
        list=listed,
        link=f"{settings.SITE_URL}/mesa/avisos/",
    )


def _listed(told: list[Posted]) -> str:
    """The notices by kind and entity; what does not fit is counted."""
    ordered = sorted(told, key=lambda one: (ORDER.index(_kind(one)), _entity(one), one.notice.pk))
    parts = [
        f"{_heading(kind, entity)}\n\n{_lines(group)}"
        for (kind, entity), group in groupby(
            ordered[:MOST_LISTED], key=lambda one: (_kind(one), _entity(one))
        )
    ]
    beyond = len(told) - MOST_LISTED
    if beyond > 0:
        parts.append(_("Y %(n)d más, que están en la mesa.") % {"n": beyond})
    return "\n\n".join(parts)


def _kind(one: Posted) -> Notice.Kind:
    return Notice.Kind(one.notice.kind)


def _entity(one: Posted) -> str:
    """The entity's short name; a sealed case names none."""
    case = one.notice.case
    if case is None or case.is_sealed or case.agency is None:
        return ""
    return case.agency.acronym


def _heading(kind: Notice.Kind, entity: str) -> str:
    return f"## {kind.label} · {entity}" if entity else f"## {kind.label}"


def _lines(group: Iterable[Posted]) -> str:
    return "\n\n".join(_line(one) for one in group)


def _line(one: Posted) -> str:
    """A case by number, and what it is about unless it is sealed: mail is read by others too."""
    case = one.notice.case
    sealed = case is not None and case.is_sealed
    about = [one.number, _("caso sellado")] if sealed else [one.number, one.matter, one.where]
    words = "" if sealed else one.words
    head = " · ".join(part for part in about if part)
    lines = ["• " + (head or words), words if head else ""]
    if one.notice.instead_of:
        who = one.notice.instead_of.get_full_name() or one.notice.instead_of.username
        lines.append(_("Usted responde en lugar de %(who)s.") % {"who": who})
    lines.append(f"{settings.SITE_URL}{one.path}" if one.path else "")
    return "\n".join(line for line in lines if line)
