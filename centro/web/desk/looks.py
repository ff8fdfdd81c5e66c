"""Writing down who learnt that a person reported a confidential case."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.cases.actions import record_look
from centro.cases.models import Case, Look
from centro.people.models import Person


def look_at_reporters(cases: Iterable[Case], people: Iterable[Person], user: User) -> None:
    """A search for a person that shows their reserved cases is a look at the reporter."""
    found = {person.pk for person in people}
    for case in cases:
        if case.is_confidential and case.person_id in found:
            record_look(case=case, user=user, what=Look.What.REPORTER, why=_("Búsqueda"))
