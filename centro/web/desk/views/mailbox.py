"""What was sent. In a demonstration without a mail server this is the citizen's mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.cases.models import Case
from centro.catalog.models import Confidentiality
from centro.channels.models import OutboundMessage
from centro.kernel.errors import Invalid, NotFound
from centro.kernel.numbers import parse_number, serial_of
from centro.web.access import StaffRequest, allow
from centro.web.desk.masking import hide_address, hide_keys

_PAGE = 50
_KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as this reader may see it; `body` is empty when it may not be read."""

    message: OutboundMessage
    address: str
    subject: str
    body: str


@require_safe
@allow(*_KEEPERS)
def mailbox(request: StaffRequest) -> HttpResponse:
    status = request.GET.get("estado", "")
    reference = request.GET.get("caso", "").replace("\x00", "").strip()
    after = request.GET.get("despues", "")
    found = OutboundMessage.objects.defer("body", "html").order_by("-id")
    if status in OutboundMessage.Status.values:
        found = found.filter(status=status)
    if reference:
        found = found.filter(reference=_canonical(reference))
    if after.isdecimal() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    rows = list(found[: _PAGE + 1])
    readable = _readable(rows, request.user)
    query = request.GET.copy()
    query.pop("despues", None)
    prefix = f"{query.urlencode()}&" if query else ""
    context = {
        "letters": [_letter(m, readable, with_body=False) for m in rows[:_PAGE]],
        "statuses": OutboundMessage.Status.choices,
        "status": status,
        "reference": reference,
        "delivers": bool(settings.EMAIL_HOST),
        "next": f"{reverse('desk:mailbox')}?{prefix}despues={rows[_PAGE - 1].pk}"
        if len(rows) > _PAGE
        else "",
    }
    return render(request, "desk/mailbox.html", context)


@require_safe
@allow(*_KEEPERS)
def letter(request: StaffRequest, pk: int) -> HttpResponse:
    message = OutboundMessage.objects.filter(pk=pk).first()
    if message is None:
        raise NotFound(_("No existe ese mensaje."))
    shown = _letter(message, _readable([message], request.user), with_body=True)
    context = {"letter": shown, "attempts": message.attempts.order_by("at", "id")}
    return render(request, "desk/mailbox_letter.html", context)


def _letter(message: OutboundMessage, readable: set[str], *, with_body: bool) -> Letter:
    if settings.DEMONSTRATION:
        body = message.body_as_sent if with_body else ""
        return Letter(message, message.address, message.subject, body)
    may_read = message.reference in readable
    return Letter(
        message,
        hide_address(message.address),
        message.subject if may_read else "",
        hide_keys(message.body) if with_body and may_read else "",
    )


def _readable(messages: Iterable[OutboundMessage], user: User) -> set[str]:
    """The references whose messages this user may read: open cases in their sight.

    What was written about a confidential case would tell, by its address, who reported it.
    """
    serials = {serial for m in messages if (serial := _serial(m.reference)) is not None}
    cases = Case.objects.visible_to(user).filter(confidentiality=Confidentiality.OPEN)
    return {case.number for case in cases.filter(pk__in=serials).only("pk")} if serials else set()


def _serial(reference: str) -> int | None:
    try:
        return serial_of(parse_number(reference))
    except Invalid:
        return None


def _canonical(reference: str) -> str:
    try:
        return parse_number(reference)
    except Invalid:
        return reference[:20]
