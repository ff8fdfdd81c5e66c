"""What people do about their posts: say that they will be away, and who answers meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.absences import people_of, stand_ins_for
from centro.agencies.models import Absence
from centro.kernel.actor import Actor
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed

LONGEST_ABSENCE = timedelta(days=366)


@transaction.atomic
def record_absence(
    *,
    user: User,
    starts: date,
    ends: date,
    delegate: User | None = None,
    reason: str = "",
    by: Actor,
) -> Absence:
    """Somebody will be away; the delegate, if any, hears and works what is theirs meanwhile.

    One says so oneself; a liaison for the people of the entity, a supervisor for the centre's.
    Raises NotAllowed for anybody else, Invalid for dates that cannot be or meet another absence,
    and for a delegate who shares neither entity nor post.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _require_say(user, by)
    _require_dates(user, starts, ends)
    if delegate is not None:
        _require_delegate(user, delegate, by)
    return Absence.objects.create(
        user=user,
        starts=starts,
        ends=ends,
        delegate=delegate,
        reason=reason.replace("\x00", "").strip()[:200],
        made_by_id=by.id,
    )


@transaction.atomic
def end_absence(*, absence: Absence, by: Actor) -> None:
    """Somebody is back today, or will not be away after all."""
    user = User.objects.select_for_update(no_key=True).get(pk=absence.user_id)
    _require_say(user, by)
    kept = Absence.objects.filter(pk=absence.pk, ends__gte=today())
    # What began before today stays on record up to yesterday.
    if not kept.filter(starts__lt=today()).update(ends=today() - timedelta(days=1)):
        kept.delete()


def _require_say(user: User, by: Actor) -> None:
    if by.id == user.pk:
        return
    asker = User.objects.filter(pk=by.id or 0).first()
    if asker is None or user not in people_of(asker):
        raise NotAllowed(_("Sólo puede anotar su ausencia o la de la gente a su cargo."))


def _require_dates(user: User, starts: date, ends: date) -> None:
    if ends < max(starts, today()):
        raise Invalid(_("La ausencia debe terminar hoy o después, y no antes de empezar."))
    if ends - starts > LONGEST_ABSENCE:
        raise Invalid(_("Una ausencia dura como máximo un año."))
    if Absence.objects.filter(user=user, starts__lte=ends, ends__gte=starts).exists():
        raise Invalid(_("Ya hay una ausencia anotada en esas fechas: termínela primero."))


def _require_delegate(user: User, delegate: User, by: Actor) -> None:
    if delegate == user:
        raise Invalid(_("Nadie responde por sí mismo mientras está ausente: elija a otra persona."))
    if by.id == delegate.pk:
        raise NotAllowed(_("No puede nombrarse a sí mismo: pídalo a la persona o a otro enlace."))
    if delegate not in stand_ins_for([user]):
        raise Invalid(_("Debe responder alguien de la misma entidad, o con el mismo cargo."))
