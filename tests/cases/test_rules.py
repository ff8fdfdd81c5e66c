from __future__ import annotations

import itertools

import pytest

from centro.accounts.roles import Role
from centro.cases import rules
from centro.cases.rules import NEXT, NotNow, Reason, Status
from centro.cases.timeline import KINDS, Audience, kinds_for
from centro.kernel.actor import Actor, Kind
from centro.kernel.errors import Invalid, NotAllowed

# The table of the domain, written a second time by hand: a typing error must occur twice to pass.
LIFE = {
    ("received", "assigned"),
    ("received", "closed"),
    ("received", "duplicate"),
    ("assigned", "in_progress"),
    ("assigned", "waiting"),
    ("assigned", "resolved"),
    ("assigned", "received"),
    ("assigned", "duplicate"),
    ("assigned", "closed"),
    ("in_progress", "waiting"),
    ("in_progress", "resolved"),
    ("in_progress", "assigned"),
    ("in_progress", "duplicate"),
    ("in_progress", "closed"),
    ("waiting", "in_progress"),
    ("waiting", "resolved"),
    ("waiting", "closed"),
    ("resolved", "closed"),
    ("resolved", "in_progress"),
    ("closed", "in_progress"),
    ("duplicate", "assigned"),
}
CLOSINGS = {
    "received": {"first_contact", "not_applicable", "out_of_scope", "spam", "withdrawn"},
    "assigned": {"withdrawn", "not_applicable"},
    "in_progress": {"withdrawn"},
    "waiting": {"withdrawn", "unreachable"},
    "resolved": {"satisfied", "no_answer"},
}


@pytest.mark.parametrize(("now", "to"), list(itertools.product(Status, Status)))
def test_only_listed_transitions_exist(now: Status, to: Status):
    assert bool(NEXT[now].get(to)) == ((now.value, to.value) in LIFE)


@pytest.mark.parametrize("now", list(Status))
def test_each_status_closes_only_with_its_own_reasons(now: Status):
    assert {r.value for r in NEXT[now].get(Status.CLOSED, ())} == CLOSINGS.get(now.value, set())


def test_a_change_without_its_reason_is_refused():
    for now, to, reason in itertools.product(Status, Status, Reason):
        if reason in NEXT[now].get(to, frozenset()):
            rules.require(now, to, reason)
        else:
            with pytest.raises(NotNow):
                rules.require(now, to, reason)


def staff(*roles: Role) -> Actor:
    return Actor(Kind.STAFF, 1, "x", frozenset(roles))


def test_an_entity_cannot_say_that_it_does_not_apply_without_a_supervisor():
    with pytest.raises(NotAllowed):
        rules.require_closing(Status.ASSIGNED, Reason.NOT_APPLICABLE, staff(Role.LIAISON), 0)
    rules.require_closing(Status.ASSIGNED, Reason.NOT_APPLICABLE, staff(Role.SUPERVISOR), 0)
    rules.require_closing(Status.RECEIVED, Reason.NOT_APPLICABLE, staff(Role.OPERATOR), 0)


def test_unreachable_needs_documented_attempts():
    with pytest.raises(NotNow):
        rules.require_closing(Status.WAITING, Reason.UNREACHABLE, staff(Role.LIAISON), 2)
    rules.require_closing(Status.WAITING, Reason.UNREACHABLE, staff(Role.LIAISON), 3)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5001])
def test_empty_and_oversize_texts_are_refused(text: str):
    with pytest.raises(Invalid):
        rules.require_text(text, "el texto")


def test_each_audience_reads_what_the_one_before_reads():
    public, agency, internal = (set(kinds_for(a)) for a in Audience)
    assert public < agency < internal == set(KINDS)


@pytest.mark.parametrize(
    ("level", "who"),
    [
        ("open", {"operator", "supervisor", "director", "liaison", "executive", "official"}),
        ("reserved", {"operator", "supervisor"}),
        ("sealed", {"denunciations"}),
    ],
)
def test_who_may_know_the_reporter(level: str, who: set[str]):
    knowing = {r.value for r in Role if rules.may_see_reporter(frozenset({r}), level)}
    assert knowing == who


@pytest.mark.parametrize("reason", [Reason.SATISFIED, Reason.NO_ANSWER])
def test_nobody_at_the_desk_says_for_the_citizen_that_it_is_solved(reason: Reason):
    with pytest.raises(NotNow):
        rules.require_closing(Status.RESOLVED, reason, staff(Role.SUPERVISOR), 0)
