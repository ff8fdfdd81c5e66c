"""Surge mode: one switch for days on which more people write than can be answered."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.accounts.models import User
from centro.channels.actions import send_words
from centro.channels.models import InboundMessage, OutboundMessage
from centro.contacts.models import Conversation, Surge
from centro.contacts.urgency import as_priorities, sounds_urgent
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from centro.knowledge.queries import emergency_numbers
from centro.places.stamps import Kept, renew_stamp

STAMP = "surge"
# The name under which the notice lies among the messages that left.
NOTICE = "surge_notice"
LONGEST_NOTICE = 500
_ONCE_IN = timedelta(days=1)
_MOST_MARKED = 2_000


def surge_now() -> Surge | None:
    """The surge that goes on, or None. No statement when warm."""
    return _present.get()


def priorities_now() -> list[str]:
    """The words that are urgent while the surge lasts."""
    surge = surge_now()
    return list(surge.priorities) if surge else []


def usual_notice(language: str) -> str:
    """A notice that is true on any such day, for whoever has no time to write one."""
    numbers = emergency_numbers()
    with override(language):
        return _(
            "Hoy escriben más personas que de costumbre y tardaremos en responder. Leemos todos "
            "los mensajes: no hace falta repetirlos. Si hay peligro, llame al %(number)s."
        ) % {"number": numbers[0].number if numbers else "911"}


@transaction.atomic
def begin_surge(
    *, notice: str, notice_en: str = "", priorities: str = "", user: User, by: Actor
) -> Surge:
    """Turn it on, and bring to the front those who wait already and say an urgent word.

    Without `notice_en`, those who write in English get the usual notice in their language. Raises
    Invalid without a notice, Refused when it is on.
    """
    notice = notice.replace("\x00", "").strip()
    notice_en = notice_en.replace("\x00", "").strip() or usual_notice("en")
    if not notice or max(len(notice), len(notice_en)) > LONGEST_NOTICE:
        raise Invalid(_("Escriba el aviso, de %(n)s letras como máximo.") % {"n": LONGEST_NOTICE})
    if Surge.objects.select_for_update().filter(ended_at=None).exists():
        raise Refused(_("El modo de avalancha ya está puesto."))
    surge = Surge.objects.create(
        notice=notice,
        notice_en=notice_en,
        priorities=as_priorities(priorities),
        started_at=now(),
        started_by=user,
    )
    renew_stamp(STAMP)
    _present.forget()
    _mark_waiting(surge)
    return surge


@transaction.atomic
def end_surge(*, user: User, by: Actor) -> None:
    """Turn it off; nothing happens when it is off."""
    surge = Surge.objects.select_for_update().filter(ended_at=None).first()
    if surge is not None:
        surge.ended_at, surge.ended_by = now(), user
        surge.save(update_fields=["ended_at", "ended_by"])
        renew_stamp(STAMP)
        _present.forget()


def _mark_waiting(surge: Surge) -> None:
    if not surge.priorities:
        return
    said = InboundMessage.objects.filter(
        entry__conversation__state=Conversation.State.WAITING, entry__conversation__urgent=False
    ).order_by("-pk")
    rows = said.values_list("entry__conversation", "subject", "body")[:_MOST_MARKED]
    urgent = {
        pk for pk, subject, body in rows if sounds_urgent(f"{subject}\n{body}", surge.priorities)
    }
    Conversation.objects.filter(pk__in=urgent).update(urgent=True, changed_at=now())


def tell_of_surge(message: InboundMessage, language: str = "es") -> OutboundMessage | None:
    """Answer what somebody wrote with the notice, while a surge lasts: once a day to each.

    Never below a public post: there everybody would read it again and again.
    """
    surge = surge_now()
    if surge is None or message.public or message.nature != InboundMessage.Nature.PLAIN:
        return None
    identity = message.identity
    told = OutboundMessage.objects.filter(
        identity=identity, name=NOTICE, created_at__gt=now() - _ONCE_IN
    )
    if told.exists():
        return None
    subject = f"Re: {message.subject}" if message.subject else str(settings.SITE_URL)
    return send_words(
        kind=identity.kind,
        account=message.account,
        identity=identity,
        address=identity.external_id,
        subject=subject[:200] if identity.kind == "email" else "",
        body=surge.told_in(language),
        in_reply_to=message.external_id,
        name=NOTICE,
    )


def _read_present() -> Surge | None:
    return Surge.objects.filter(ended_at=None).first()


_present: Kept[Surge | None] = Kept(STAMP, _read_present)
