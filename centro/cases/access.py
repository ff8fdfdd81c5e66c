"""Who reported a case: shown only to those who need it, and never by accident."""

from __future__ import annotations

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.cases import rules
from centro.cases.models import Case, Grant
from centro.catalog.models import Confidentiality
from centro.people.models import Person


def may_see_reporter(case: Case, user: User) -> bool:
    """Whether this user may learn who reported this case (see rules.may_see_reporter).

    A post of an entity counts only in the cases of that entity: whoever is merely proposed a
    transfer reads the matter, not the person.
    """
    roles = frozenset(
        str(post.role)
        for post in scope_of(user).posts
        if post.agency_id is None or post.agency_id == case.agency_id
    )
    if rules.may_see_reporter(roles, case.confidentiality):
        return True
    if case.confidentiality != Confidentiality.SEALED or Role.DENUNCIATIONS in roles:
        return False
    return Grant.objects.filter(case=case, user=user, revoked_at=None).exists()


def reporter_of(case: Case, user: User) -> Person | None:
    """The person, or None when there is none or this user may not know."""
    if case.person is None or not may_see_reporter(case, user):
        return None
    return case.person
