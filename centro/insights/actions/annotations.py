"""Writing on the time axis, and taking it away again. What was taken away is kept, unseen."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import Scope, scope_of
from centro.insights.models import Annotation
from centro.insights.models.annotations import LONGEST_WORDS
from centro.insights.questions import EARLIEST
from centro.kernel.actor import Actor
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotAllowed, NotFound

# Who writes for the country; an entity's executive liaison writes for the entity.
OF_THE_COUNTRY = frozenset({Role.DIRECTOR, Role.SUPERVISOR})
ANNOTATORS = OF_THE_COUNTRY | {Role.EXECUTIVE}
# So many stand for one entity, or for the country, in any twelve months: more is a diary.
MOST_IN_A_YEAR = 60
_LONGEST_DAYS = 366


@transaction.atomic
def annotate_days(
    *, day: date, words: str, by: Actor, until: date | None = None, agency: Agency | None = None
) -> Annotation:
    """Say in a few words what happened on a day, or from it to another, both included.

    Without an entity it is said of the whole country.
    """
    user = _user(by)
    _check_writer(scope_of(user), agency.pk if agency else None)
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    _check_words(plain)
    last = until if until and until != day else None
    _check_days(day, last)
    _check_room(day, agency)
    return Annotation.objects.create(
        day=day, until=last, words=plain, agency=agency, by=user, at=now()
    )


@transaction.atomic
def remove_annotation(*, annotation: Annotation, by: Actor) -> None:
    """Take a note away. Whoever may write it may take it away, whoever wrote it."""
    standing = Annotation.objects.select_for_update().standing()
    found = standing.filter(pk=annotation.pk).first()
    if found is None:
        raise NotFound(_("Esa anotación no existe."))
    user = _user(by)
    if not may_remove(found, scope_of(user)):
        raise NotAllowed(_("Esa anotación es de otros: sólo ellos la quitan."))
    found.removed_at, found.removed_by = now(), user
    found.save(update_fields=["removed_at", "removed_by"])


def may_remove(annotation: Annotation, scope: Scope) -> bool:
    """The centre takes any away, an executive liaison those of the entity."""
    if scope.has(*OF_THE_COUNTRY):
        return True
    return annotation.agency_id in scope.agencies_for(Role.EXECUTIVE)


def _user(by: Actor) -> User:
    """Whoever acts, with today's posts; the system and citizens write no notes."""
    user = User.objects.filter(pk=by.id or 0).first()
    if user is None:
        raise NotAllowed(_("Sus funciones no incluyen anotar en el tiempo."))
    return user


def _check_writer(scope: Scope, agency: int | None) -> None:
    if agency is None and not scope.has(*OF_THE_COUNTRY):
        raise NotAllowed(_("Sólo la dirección y la supervisión anotan para todo el país."))
    if agency is not None and agency not in scope.agencies_for(Role.EXECUTIVE):
        raise NotAllowed(_("Sólo el enlace ejecutivo de una entidad anota para ella."))


def _check_words(words: str) -> None:
    if not words:
        raise Invalid(_("Escriba qué pasó."))
    if len(words) > LONGEST_WORDS:
        raise Invalid(_("Dígalo en %(n)d letras o menos.") % {"n": LONGEST_WORDS})


def _check_days(day: date, until: date | None) -> None:
    last = until or day
    if last < day:
        raise Invalid(_("Termina antes de empezar. Cambie las fechas."))
    if day < EARLIEST or last.year > today().year + 1:
        raise Invalid(_("Esas fechas quedan fuera de lo que se cuenta."))
    if (last - day).days > _LONGEST_DAYS:
        raise Invalid(_("Una anotación abarca un año como máximo."))


def _check_room(day: date, agency: Agency | None) -> None:
    year = Annotation.objects.standing().filter(agency=agency, day__year=day.year)
    if year.count() >= MOST_IN_A_YEAR:
        raise Invalid(
            _("Ya hay %(n)d anotaciones de ese año. Quite alguna antes.") % {"n": MOST_IN_A_YEAR}
        )
