"""Cases that officials with bad internet work by answering a mail.

A case goes out once for each turn to the official who has it, or to the entity's liaison while
nobody has it. What comes back is done in the name of whoever holds that address, and only from
it, to the signed address of the mail that it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.agencies.scopes import actor_of
from centro.cases.actions.dialogue import ask_citizen
from centro.cases.actions.interim import interim_reply
from centro.cases.actions.work import add_note, assign_case, resolve_case
from centro.cases.mailed_words import Order, Said, understood
from centro.cases.models import Case, MailedTask
from centro.cases.rules import UNSOLVED
from centro.catalog.models import Confidentiality
from centro.channels.accounts import account_for
from centro.channels.actions import send_message
from centro.channels.models import Attachment, InboundMessage, OutboundMessage
from centro.contacts.conversations import attach_message
from centro.contacts.models import Conversation
from centro.files.models import StoredFile
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused

_TASK, _DONE, _REFUSED = "task_mailed", "task_done", "task_refused"
_TASKS = frozenset({_TASK, _DONE, _REFUSED})
_BATCH = 200
_ANSWER_WITHIN = timedelta(days=5)
_ENOUGH_FOR_A_SOLUTION = 5


def mail_tasks() -> int:
    """Send the cases that officials who work by mail have not been sent. Returns how many."""
    users = User.objects.filter(works_by_mail=True, is_active=True).exclude(email="")
    return sum(_mail_new(user) for user in users)


def _mail_new(user: User) -> int:
    posts = Assignment.objects.current().filter(user=user, role=Role.LIAISON)
    unheld = Q(official__isnull=True, agency__in=posts.values("agency"))
    sent = MailedTask.objects.filter(case=OuterRef("pk"), user=user, cycle=OuterRef("cycle"))
    cases = Case.objects.filter(Q(official=user) | unheld, status__in=UNSOLVED)
    cases = cases.exclude(confidentiality=Confidentiality.SEALED)
    new = cases.filter(~Exists(sent)).order_by("due_at", "pk")[:_BATCH]
    return sum(_mail(case, user) for case in new.select_related(*Case.COMPANIONS))


@transaction.atomic
def _mail(case: Case, user: User) -> bool:
    _row, created = MailedTask.objects.get_or_create(case=case, user=user, cycle=case.cycle)
    if created:
        _write(_TASK, case, user, text=case.description)
    return created


def _write(name: str, case: Case, user: User, text: str) -> OutboundMessage:
    with override(user.language):
        place = str(case.place) if case.place else _("sin lugar")
    return send_message(
        kind="email",
        account=account_for("email", case.agency_id),
        address=user.email,
        name=name,
        language=user.language,
        reference=case.number,
        values={
            "number": case.number,
            "service": case.service.name,
            "place": place,
            "spot": case.reference,
            "text": text,
            "due": localtime(case.due_at),
            "person": user.get_short_name() or user.username,
            "link": f"{settings.SITE_URL}/mesa/casos/{case.number}/",
        },
    )


# ---- What comes back ----


def is_task_answer(message: InboundMessage) -> bool:
    """Whether it came to the signed address of a mail by which a case is worked."""
    sent = message.answers
    return sent is not None and message.answers_surely and sent.name in _TASKS


def do_what_was_answered(message: InboundMessage) -> Conversation | None:
    """Do what an official ordered, and tell them what was done, or why not.

    From any other address than the one we wrote to, nothing is done: the mail waits in the inbox
    of the centre, and whoever really has that address is not troubled.
    """
    sent = message.answers
    assert sent is not None
    user = _holder(message, sent)
    case = Case.objects.numbered(sent.reference).select_related(*Case.COMPANIONS).first()
    if user is None or case is None:
        return attach_message(message=message)
    try:
        with transaction.atomic():
            done = _do(case, user, message)
    except Refused as refusal:
        # A mail is this face's page: its refusals are answered as pages answer them.
        _write(_REFUSED, case, user, text=refusal.message)
    else:
        _write(_DONE, case, user, text=done)
    return None


def _holder(message: InboundMessage, sent: OutboundMessage) -> User | None:
    """Whoever we wrote to, if it is they who answer and no server says that it is not."""
    sender = message.identity.external_id.casefold()
    if sender != sent.address.casefold() or message.verified is False:
        return None
    return User.objects.filter(email=sender, is_active=True, works_by_mail=True).first()


def _do(case: Case, user: User, message: InboundMessage) -> str:
    if not Case.objects.workable_by(user).filter(pk=case.pk).exists():
        raise NotFound(_("Usted ya no atiende este caso."))
    with override(user.language):
        said = understood(message.body)
        return _ORDERS[said.order](case, said, _photos(message), user, actor_of(user))


def _solve(case: Case, said: Said, photos: list[StoredFile], user: User, by: Actor) -> str:
    if len(said.text) < _ENOUGH_FOR_A_SOLUTION:
        raise Invalid(_("Escriba después de RESUELTO qué se hizo."))
    resolve_case(case=case, text=said.text, evidence=photos, by=by)
    return _("Se informó de la solución, con %(n)s fotos.") % {"n": len(photos)}


def _note(case: Case, said: Said, photos: list[StoredFile], user: User, by: Actor) -> str:
    add_note(case=case, text=said.text, by=by)
    return _("Se guardó su nota. Sólo la lee el personal.")


def _ask(case: Case, said: Said, photos: list[StoredFile], user: User, by: Actor) -> str:
    ask_citizen(case=case, text=said.text, until=now() + _ANSWER_WITHIN, by=by)
    return _("Se preguntó a la persona. El caso espera su respuesta.")


def _inform(case: Case, said: Said, photos: list[StoredFile], user: User, by: Actor) -> str:
    interim_reply(case=case, text=said.text, by=by)
    return _("Se informó del avance a la persona.")


def _assign(case: Case, said: Said, photos: list[StoredFile], user: User, by: Actor) -> str:
    address = said.text.split()[0].strip("<>,;").lower() if said.text.split() else ""
    colleague = User.objects.filter(email=address, is_active=True).first() if address else None
    if colleague is None or case.unit is None:
        raise Invalid(_("Escriba después de ASIGNAR el correo de un funcionario de la unidad."))
    if not actor_of(user).roles & {Role.LIAISON.value, Role.SUPERVISOR.value}:
        raise NotAllowed(_("Sólo el enlace de la entidad asigna casos."))
    assign_case(case=case, unit=case.unit, official=colleague, by=by)
    return _("Se encargó a %(who)s.") % {"who": colleague.get_full_name() or address}


_ORDERS: Mapping[Order, Callable[[Case, Said, list[StoredFile], User, Actor], str]] = {
    Order.SOLVE: _solve,
    Order.NOTE: _note,
    Order.ASK: _ask,
    Order.INFORM: _inform,
    Order.ASSIGN: _assign,
}


def _photos(message: InboundMessage) -> list[StoredFile]:
    kept = message.attachments.filter(state=Attachment.State.KEPT, file__width__gt=0)
    free = kept.filter(file__case_photo__isnull=True).select_related("file")
    return [attachment.file for attachment in free if attachment.file is not None]
