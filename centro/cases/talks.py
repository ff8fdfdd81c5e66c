"""Which conversations somebody may read: their scope, and who may know who reported a case."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import Scope, scope_of
from centro.cases import rules
from centro.cases.models import Case, CaseConversation, Grant
from centro.catalog.models import Confidentiality
from centro.contacts.conversations import standing
from centro.contacts.models import Conversation
from centro.kernel.errors import NotFound

# Who reads the conversations of the whole centre, and who those of their entity's own accounts.
CENTRE = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.DIRECTOR})
ENTITY = frozenset({Role.LIAISON, Role.EXECUTIVE})
_HIDDEN = (Confidentiality.RESERVED, Confidentiality.SEALED)


def talks_of(user: User) -> QuerySet[Conversation]:
    """The conversations that this user may read.

    One about a confidential case names its reporter: it exists only for those who may know them.
    A denunciation officer reads those about sealed cases.
    """
    scope = scope_of(user)
    found = Conversation.objects.filter(merged_into=None)
    if not scope.has(*CENTRE):
        found = found.filter(_in_part(scope))
    return found.filter(~Exists(_links(_barred(user, scope))))


def _in_part(scope: Scope) -> Q:
    seen = Q(agency__in=scope.agencies_for(*ENTITY))
    if scope.has(Role.DENUNCIATIONS):
        seen |= Q(Exists(_links(Q(case__confidentiality=Confidentiality.SEALED))))
    return seen


def _links(wanted: Q) -> QuerySet[CaseConversation]:
    return CaseConversation.objects.filter(wanted, conversation=OuterRef("pk"))


def _barred(user: User, scope: Scope) -> Q:
    """Cases whose reporter this user must not learn of, as a link sees them."""
    roles = frozenset(str(role) for role in scope.roles)
    levels = [level for level in _HIDDEN if not rules.may_see_reporter(roles, level)]
    if not levels:
        return Q(pk__in=())
    let_in = Grant.objects.filter(user=user, revoked_at=None).values("case")
    return Q(case__confidentiality__in=levels) & ~Q(case__in=let_in)


def reach_talk(pk: int, user: User) -> Conversation:
    """The conversation, or what it was merged into, if this user may read it; NotFound otherwise."""
    found = Conversation.objects.select_related("merged_into").filter(pk=pk).first()
    companions = ("identity", "person", "agency", "assigned_to")
    talk = None
    if found is not None:
        talks = talks_of(user).select_related(*companions)
        talk = talks.filter(pk=standing(found).pk).first()
    if talk is None:
        raise NotFound(_("Esa conversación no existe."))
    return talk


def cases_of_talk(conversation: Conversation) -> list[Case]:
    """The cases that a conversation is about, the newest link first."""
    links = CaseConversation.objects.filter(conversation=conversation)
    found = links.select_related("case__service", "case__agency", "case__place")
    return [link.case for link in found]
