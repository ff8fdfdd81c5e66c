"""Who somebody may be: proposed with a reason, decided by a person at the desk, never supposed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.channels.models import Identity, InboundMessage
from centro.contacts.conversations import lock_conversation, note_event
from centro.contacts.models import Conversation, Recognition
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.people import sealing
from centro.people.models import ContactPoint, Merge, Person

MOST_PROPOSED = 4
_KINDS = frozenset(ContactPoint.Kind.values)
_PHONE = re.compile(r"(?<![\d-])(?:\+?507[\s-]?)?\d{3,4}[\s-]?\d{4}(?![\d-])")
_CEDULA = re.compile(r"\b(?:\d{1,2}|PE|E|N)-\d{1,4}-\d{1,6}\b", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_READ = 3_000
_MOST = 4


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody whom an identity may belong to, and why one thinks so."""

    person: Person
    why: str


def points_of(identity: Identity) -> Q:
    """The ways to reach somebody that an identity itself shows."""
    wanted = Q(kind=identity.kind, value=identity.external_id)
    if identity.phone:
        wanted |= Q(kind=ContactPoint.Kind.PHONE, value=identity.phone)
    return wanted


def point_of(identity: Identity) -> tuple[str, str] | None:
    """The way by which a person is reached through an identity; None for one that is no way."""
    if identity.kind == "sms":
        phone = identity.phone or identity.external_id
        return (ContactPoint.Kind.PHONE.value, phone) if phone.startswith("+") else None
    if identity.kind not in _KINDS or identity.in_public_only:
        return None
    return identity.kind, identity.external_id


def propose_people(
    identity: Identity, text: str = "", of_cases: Collection[int] = ()
) -> list[Proposal]:
    """People whom an identity may belong to; `text` is what its sender wrote of themselves.

    What the channel vouches for comes first; then the people whose cases the conversation was
    linked to (`of_cases`, their ids). Whom somebody said no to is not proposed again. At most four
    statements.
    """
    if identity.person_id is not None:
        return []
    found: dict[int, Proposal] = {}
    signs = _signs(identity, text)
    if of_cases:
        signs.append((Q(pk__in=of_cases), _("de su caso trata la conversación")))
    for wanted, why in signs:
        people = Person.objects.filter(wanted).exclude(pk__in=_refused(identity))
        for person in people.prefetch_related("contact_points").order_by("-pk")[:MOST_PROPOSED]:
            found.setdefault(person.pk, Proposal(person, why))
    return _standing(list(found.values()))[:MOST_PROPOSED]


def _signs(identity: Identity, text: str) -> list[tuple[Q, str]]:
    known = ContactPoint.objects.filter(points_of(identity)).values("person_id")
    sure = Q(pk__in=known)
    if identity.phone:
        others = Identity.objects.filter(phone=identity.phone, person__isnull=False)
        sure |= Q(pk__in=others.values("person_id"))
    why = {"email": _("el mismo correo"), "sms": _("el mismo teléfono")}.get(
        identity.kind, _("el mismo teléfono") if identity.phone else _("la misma cuenta")
    )
    signs = [(sure, why)]
    said = _said(text)
    if said is not None:
        signs.append((said, _("lo escribió en un mensaje: no está comprobado")))
    return signs


def _said(text: str) -> Q | None:
    """Telephones, addresses and cédulas that the sender names."""
    text = text[:_READ]
    wanted = Q()
    values = _understood(_PHONE.findall(text), lambda t: parse_phone(t).e164)
    values += [address.lower() for address in _EMAIL.findall(text)[:_MOST]]
    if values:
        points = ContactPoint.objects.filter(kind__in=["phone", "email"], value__in=values)
        wanted |= Q(pk__in=points.values("person_id"))
    documents = _understood(_CEDULA.findall(text), parse_cedula)
    if documents:
        wanted |= Q(document_hmac__in=[sealing.index_of(one) for one in documents])
    return wanted or None


def _understood(texts: list[str], understand: Callable[[str], str]) -> list[str]:
    found: list[str] = []
    for text in texts[:_MOST]:
        try:
            found.append(understand(text))
        except Invalid:
            continue
    return found


def _refused(identity: Identity) -> QuerySet[Recognition, int]:
    said = Recognition.objects.filter(identity=identity, same=False)
    return said.values_list("person_id", flat=True)


def _standing(proposals: list[Proposal]) -> list[Proposal]:
    """Of two records that were joined the kept one, once."""
    merges = Merge.objects.filter(
        absorbed__in=[one.person for one in proposals], undone_at=None
    ).select_related("kept")
    stands = {merge.absorbed_id: merge.kept for merge in merges} if proposals else {}
    kept = [Proposal(stands.get(one.person.pk, one.person), one.why) for one in proposals]
    return list({one.person.pk: one for one in kept}.values())


@transaction.atomic
def accept_person(*, conversation: Conversation, person: Person, user: User, by: Actor) -> None:
    """Somebody at the desk says who it is: from now on the channel is a way to reach that person."""
    locked = lock_conversation(conversation)
    identity = locked.identity
    if identity is None:
        raise Invalid(_("No se sabe quién escribe."))
    know_person(identity, person, user)
    locked.person = person
    note_event(locked, _("Es %(name)s") % {"name": person.display_name}, author=user)
    locked.save()


def know_person(identity: Identity, person: Person, user: User) -> None:
    """Write down whose an identity is, who says so, and the way to reach them that it is."""
    identity.person = person
    identity.save(update_fields=["person"])
    added = None
    if (point := point_of(identity)) is not None:
        kind, value = point
        row, created = ContactPoint.objects.get_or_create(person=person, kind=kind, value=value)
        added = row if created else None
    _write_down(identity, person, user, same=True, point=added)


def _write_down(
    identity: Identity, person: Person, user: User, *, same: bool, point: ContactPoint | None = None
) -> None:
    Recognition.objects.update_or_create(
        identity=identity,
        person=person,
        defaults={"same": same, "point": point, "by": user, "at": now()},
    )


@transaction.atomic
def refuse_person(*, conversation: Conversation, person: Person, user: User, by: Actor) -> None:
    """It is somebody else: it is not proposed again, and undone where it was said before."""
    locked = lock_conversation(conversation)
    identity = locked.identity
    if identity is None:
        raise Invalid(_("No se sabe quién escribe."))
    said = Recognition.objects.filter(identity=identity, person=person).first()
    if said is not None and said.point is not None:
        # What is written to this person must no longer reach whoever writes from there.
        said.point.delete()
    if identity.person_id == person.pk:
        identity.person = None
        identity.save(update_fields=["person"])
    _write_down(identity, person, user, same=False)
    if locked.person_id == person.pk:
        locked.person = None
    note_event(locked, _("No es %(name)s") % {"name": person.display_name}, author=user)
    locked.save()


def said_by_sender(conversation: Conversation) -> str:
    """What the person wrote lately, as one text."""
    bodies = (
        InboundMessage.objects.filter(
            entry__conversation=conversation, nature=InboundMessage.Nature.PLAIN
        )
        .order_by("-pk")
        .values_list("body", flat=True)
    )
    return "\n".join(bodies[:_MOST])
