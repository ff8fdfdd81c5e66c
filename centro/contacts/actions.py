"""Recording interactions, ringing people back, keeping drafts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.contacts.models import CallBack, Contact, Draft
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.knowledge.models import Article
from centro.people.models import Person

MOST_ATTEMPTS = 3
_UNTIL_NEXT_ATTEMPT = timedelta(hours=3)
# A claim that led to no result in this time is given to somebody else.
_CLAIM_LASTS = timedelta(minutes=20)
_LARGEST_DRAFT = 64 * 1024
_DRAFTS_KEPT = timedelta(days=2)


@transaction.atomic(savepoint=False)
def open_contact(
    *,
    channel: str,
    operator: User | None = None,
    person: Person | None = None,
    direction: str = Contact.Direction.IN,
    started_at: datetime | None = None,
    by: Actor,
) -> Contact:
    """An interaction begins."""
    return Contact.objects.create(
        channel=channel,
        operator=operator,
        person=person,
        direction=direction,
        started_at=started_at or now(),
    )


def answer_contact(
    *,
    contact: Contact,
    summary: str,
    article: Article | None = None,
    agency: Agency | None = None,
    by: Actor,
) -> Contact:
    """An inquiry answered on the spot: counted, no case."""
    if not summary.strip() and article is None:
        raise Invalid(_("Escriba qué se respondió."))
    agency = agency or (article.agency if article else None)
    return _finish(
        contact, Contact.Outcome.ANSWERED, summary=summary, article=article, agency=agency
    )


def hand_over_contact(*, contact: Contact, number: str, by: Actor) -> Contact:
    """Danger to life is no case: the caller was passed to an emergency service."""
    return _finish(contact, Contact.Outcome.EMERGENCY, summary=number)


def finish_contact(
    *,
    contact: Contact,
    summary: str = "",
    reference: str = "",
    person: Person | None = None,
    by: Actor,
) -> Contact:
    """The interaction became a case or belongs to one (`reference`), or is only noted."""
    outcome = Contact.Outcome.CASE if reference else Contact.Outcome.NOTE
    return _finish(contact, outcome, summary=summary, reference=reference, person=person)


@transaction.atomic(savepoint=False)
def _finish(contact: Contact, outcome: str, **changes: Any) -> Contact:
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if contact.outcome != Contact.Outcome.UNFINISHED:
        raise Refused(_("Ese contacto ya se terminó."))
    contact.outcome = outcome
    contact.ended_at = now()
    for name, value in changes.items():
        if value:
            setattr(contact, name, value)
    contact.save()
    return contact


@transaction.atomic(savepoint=False)
def request_call_back(
    *,
    reference: str,
    person: Person | None,
    phone: str,
    reason: str,
    text: str = "",
    due_at: datetime | None = None,
) -> CallBack:
    """Somebody must ring. A waiting call for the same case and reason is brought up to date."""
    call, _created = CallBack.objects.update_or_create(
        reference=reference,
        reason=reason,
        state=CallBack.State.WAITING,
        defaults={"person": person, "phone": phone, "text": text, "due_at": due_at or now()},
    )
    return call


@transaction.atomic
def claim_call_back(*, user: User, among: Q | None = None) -> CallBack | None:
    """The next person to ring, for this user alone; None when nobody waits.

    A call already in the user's hands comes first. `among` narrows the queue to the calls that
    this user may make.
    """
    moment = now()
    # A double click must not take two calls; taking turns on the user's row sees to that.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    mine = CallBack.objects.filter(state=CallBack.State.WAITING, claimed_by=user)
    kept = mine.filter(claimed_at__gt=moment - _CLAIM_LASTS).first()
    if kept is not None:
        return kept
    free = Q(claimed_by__isnull=True) | Q(claimed_at__lte=moment - _CLAIM_LASTS)
    waiting = CallBack.objects.filter(free, state=CallBack.State.WAITING, due_at__lte=moment)
    waiting = waiting.filter(among or Q())
    call = waiting.select_for_update(skip_locked=True).order_by("due_at", "id").first()
    if call is not None:
        call.claimed_by = user
        call.claimed_at = moment
        call.save(update_fields=["claimed_by", "claimed_at"])
    return call


@transaction.atomic
def finish_call_back(*, call_back: CallBack, reached: bool, by: Actor) -> CallBack:
    """Write down how the call went. Unanswered calls are tried again, three times at most.

    The state of what is returned says what follows: `done`; `waiting` for another attempt; or
    `failed`, when nobody answered for the third time and the case may be closed for it.
    """
    call = CallBack.objects.select_for_update().get(pk=call_back.pk)
    if call.state != CallBack.State.WAITING:
        raise Refused(_("Esa llamada ya se terminó."))
    if call.claimed_by_id != by.id:
        raise NotFound(_("Esa llamada ya no está en sus manos."))
    call.attempts += 1
    call.last_attempt_at = now()
    call.claimed_by = call.claimed_at = None
    if reached:
        call.state = CallBack.State.DONE
    elif call.attempts >= MOST_ATTEMPTS:
        call.state = CallBack.State.FAILED
    else:
        call.due_at = now() + _UNTIL_NEXT_ATTEMPT
    call.save()
    return call


@transaction.atomic(savepoint=False)
def start_draft(*, face: str, user: User | None = None, **data: Any) -> Draft:
    """A new draft with its own unguessable token."""
    return Draft.objects.create(face=face, user=user, data=_storable(data))


@transaction.atomic
def save_draft(*, token: UUID, face: str, user: User | None = None, **data: Any) -> Draft:
    """Add to a draft, key by key: the last to write a key wins, other keys are not touched.

    Raises NotFound when it has expired or is another's, Invalid when it grows too large.
    """
    draft = Draft.objects.select_for_update().filter(token=token, face=face, user=user).first()
    if draft is None:
        raise NotFound(_("El borrador ya no existe. Empiece de nuevo."))
    draft.data = _storable(draft.data | data)
    draft.save(update_fields=["data", "updated_at"])
    return draft


def _storable(data: dict[str, Any]) -> dict[str, Any]:
    """The data without what PostgreSQL cannot keep, and not too much of it."""
    cleaned: dict[str, Any] = _clean(data)
    if len(json.dumps(cleaned)) > _LARGEST_DRAFT:
        raise Invalid(_("El borrador es demasiado grande. Escriba algo más corto."))
    return cleaned


def _clean(value: Any) -> Any:
    """The same without NUL and half characters, at any depth."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def drop_draft(*, token: UUID) -> None:
    """The draft has become a case, or was given up."""
    Draft.objects.filter(token=token).delete()


def purge_drafts() -> int:
    """Forget what was begun two days ago and not sent. Returns how many."""
    return Draft.objects.filter(created_at__lt=now() - _DRAFTS_KEPT).delete()[0]
