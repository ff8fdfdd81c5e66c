"""Numbers for days without light, and what the press told."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.cases.models import Case, NumberBlock, PressMention, ReservedNumber
from centro.files.models import StoredFile
from centro.kernel.actor import Actor
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.kernel.numbers import parse_number, serial_of

MOST_NUMBERS = 200


@transaction.atomic
def reserve_numbers(
    *, counter: str, count: int, agency: Agency | None, user: User, by: Actor
) -> NumberBlock:
    """Take numbers from the sequence of cases for a counter to print.

    Whatever is opened meanwhile gets other numbers: no paper ever meets another case.
    """
    counter = " ".join(counter.replace("\x00", "").split())[:100]
    if not counter:
        raise Invalid(_("Diga para qué mostrador son los números."))
    if not 1 <= count <= MOST_NUMBERS:
        raise Invalid(_("Pida entre 1 y %(n)s números.") % {"n": MOST_NUMBERS})
    block = NumberBlock.objects.create(agency=agency, counter=counter, made_by=user)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('cases_case', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        serials = [serial for (serial,) in cursor.fetchall()]
    ReservedNumber.objects.bulk_create([ReservedNumber(serial=n, block=block) for n in serials])
    return block


def take_reserved(number: str) -> ReservedNumber:
    """The reserved number of a paper, locked, for the case that is opened under it.

    Raises Invalid for what is no number, NotFound for one that no counter has, Refused for one
    that was used or voided.
    """
    serial = serial_of(parse_number(number))
    found = ReservedNumber.objects.select_for_update().filter(serial=serial).first()
    if found is None:
        raise NotFound(_("Ese número no es de ningún bloque impreso. Revise cada dígito."))
    if found.used_at is not None:
        raise Refused(_("El caso %(number)s ya se registró.") % {"number": found.number})
    if found.void_at is not None:
        raise Refused(_("El número %(number)s se anuló.") % {"number": found.number})
    return found


@transaction.atomic
def void_number(*, number: str, by: Actor) -> ReservedNumber:
    """The paper was spoilt or lost: no case will have its number."""
    reserved = take_reserved(number)
    reserved.void_at = now()
    reserved.save(update_fields=["void_at"])
    return reserved


@transaction.atomic
def note_press(
    *,
    case: Case,
    medium: str,
    outlet: str,
    published_on: date,
    headline: str,
    link: str = "",
    clip: StoredFile | None = None,
    user: User,
    by: Actor,
) -> PressMention:
    """Write down where the press told of a case. The same piece is noted once."""
    outlet, headline = (" ".join(text.replace("\x00", "").split()) for text in (outlet, headline))
    if not (outlet and headline):
        raise Invalid(_("Diga en qué medio salió y con qué título."))
    if medium not in PressMention.Medium.values:
        raise Invalid(_("Diga si fue periódico, radio, televisión o medio digital."))
    if published_on > today():
        raise Invalid(_("La nota no pudo haber salido en el futuro. Revise la fecha."))
    if link and urlsplit(link).scheme not in {"http", "https"}:
        raise Invalid(_("El enlace debe comenzar con https://."))
    if case.is_sealed:
        raise Refused(_("De un caso sellado no se anota lo que dijo la prensa."))
    try:
        with transaction.atomic():
            mention = PressMention.objects.create(
                case=case, medium=medium, outlet=outlet[:100], published_on=published_on,
                headline=headline[:300], link=link[:500], clip=clip, noted_by=user,
            )  # fmt: skip
    except IntegrityError:
        raise Refused(_("Esa nota de prensa ya está anotada en este caso.")) from None
    case.record("press_noted", by=by, outlet=mention.outlet, day=published_on.isoformat())
    return mention
