"""Who sees what: the table of posts, at the one door through which views get a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.access import may_see_reporter, reporter_of
from centro.cases.models import Case, Look
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed, NotFound
from tests import make

# role: may see (open, reserved, sealed) cases of its scope; may know their reporters
TABLE = {
    Role.OPERATOR: ("yes yes no", "yes yes no"),
    Role.SUPERVISOR: ("yes yes no", "yes yes no"),
    Role.QUALITY: ("yes yes no", "no no no"),
    Role.DIRECTOR: ("yes yes no", "yes no no"),
    Role.LIAISON: ("yes yes no", "yes no no"),
    Role.EXECUTIVE: ("yes yes no", "yes no no"),
    Role.OFFICIAL: ("yes yes no", "yes no no"),
    Role.HEAD: ("yes yes no", "no no no"),
    Role.PRESIDENCY: ("yes yes no", "no no no"),
    Role.DENUNCIATIONS: ("no no yes", "- - yes"),
    Role.EDITOR: ("no no no", "- - -"),
    Role.AUDITOR: ("yes yes no", "no no no"),
    Role.ADMINISTRATOR: ("no no no", "- - -"),
}


def user_for(role: Role, case: Case):
    if role == Role.OFFICIAL:
        return make.user(role, unit=case.agency.units.get(province=None))
    return make.user(role, case.agency if role in make.AGENCY_ROLES else None)


@pytest.mark.slow
@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("role", list(Role))
def test_each_post_sees_what_the_table_says(role: Role, at: int):
    level = ["open", "reserved", "sealed"][at]
    case = make.case(confidentiality=level, reporter=make.reporter())
    sees, knows = (column.split()[at] for column in TABLE[role])
    user = user_for(role, case)
    assert Case.objects.visible_to(user).filter(pk=case.pk).exists() == (sees == "yes")
    if knows != "-":
        assert may_see_reporter(case, user) == (knows == "yes")
        assert (reporter_of(case, user) is not None) == (knows == "yes")


@pytest.mark.parametrize("role", sorted(make.AGENCY_ROLES))
def test_another_entity_cannot_tell_that_a_case_exists(role: Role):
    case, stranger = make.case(), make.user(role)
    for number in (case.number, "311-00999999-2", "nonsense"):
        with pytest.raises(NotFound):
            Case.objects.reach(number, stranger)


def test_an_official_sees_the_cases_of_their_unit_and_those_in_their_hands():
    agency = make.agency()
    place = make.place()
    regional = make.unit(agency, province=place.province)
    here = make.case(agency=agency, place=place)
    elsewhere = make.case(agency=agency)
    official = make.user(Role.OFFICIAL, unit=regional)
    assert list(Case.objects.visible_to(official)) == [here]
    Case.objects.filter(pk=elsewhere.pk).update(official=official)
    assert set(Case.objects.visible_to(official)) == {here, elsewhere}


def test_a_post_for_one_province_sees_that_province():
    agency, place = make.agency(), make.place()
    here, _there = make.case(agency=agency, place=place), make.case(agency=agency)
    liaison = make.user(Role.LIAISON, agency, province=place.province)
    assert list(Case.objects.visible_to(liaison)) == [here]


@pytest.mark.parametrize(("starts", "ends"), [(-10, -1), (1, None), (1, 9)])
def test_a_post_counts_only_between_its_days(starts: int, ends: int | None):
    case = make.case()
    liaison = make.user(
        Role.LIAISON,
        case.agency,
        starts=today() + timedelta(days=starts),
        ends=None if ends is None else today() + timedelta(days=ends),
    )
    assert not Case.objects.visible_to(liaison).exists()


def test_an_inactive_user_sees_nothing():
    case = make.case()
    assert not Case.objects.visible_to(make.user(Role.SUPERVISOR, is_active=False)).exists()
    assert Case.objects.visible_to(make.user(Role.SUPERVISOR)).get() == case


def test_the_receiver_of_a_proposal_sees_the_case_but_does_not_work_it():
    case = make.case()
    receiver = make.user(Role.LIAISON)
    to = receiver.assignments.get().agency
    assert to is not None
    actions.propose_transfer(case=case, to=to, text="Es de ustedes.", by=SYSTEM)
    assert Case.objects.reach(case.number, receiver) == case
    assert not may_see_reporter(case, receiver)
    with pytest.raises(NotFound):
        Case.objects.reach(case.number, receiver, to="work")


def test_somebody_named_by_a_denunciation_officer_reads_a_sealed_case_until_it_is_taken_back():
    case = make.case(confidentiality="sealed", reporter=make.reporter())
    officer, helper = make.user(Role.DENUNCIATIONS), make.user(Role.QUALITY)
    grant = actions.grant_access(case=case, user=helper, by=actor_of(officer))
    assert Case.objects.reach(case.number, helper) == case
    assert may_see_reporter(case, helper)
    actions.revoke_access(grant=grant, by=actor_of(officer))
    kinds = [e.kind for e in case.timeline.filter(kind__startswith="access")]
    assert sorted(kinds) == ["access_granted", "access_revoked"]
    assert not Case.objects.visible_to(helper).exists()
    assert not may_see_reporter(case, helper)


def test_only_a_denunciation_officer_opens_what_is_sealed():
    case = make.case(confidentiality="sealed")
    for role in (Role.SUPERVISOR, Role.DIRECTOR):
        by = actor_of(make.user(role))
        with pytest.raises(NotAllowed):
            actions.set_confidentiality(case=case, level="open", text="x", by=by)
        with pytest.raises(NotAllowed):
            actions.grant_access(case=case, user=make.user(), by=by)


def test_a_matter_that_is_sealed_by_its_type_is_never_laid_open():
    case = make.case(confidentiality="sealed")
    officer = actor_of(make.user(Role.DENUNCIATIONS))
    with pytest.raises(Invalid):
        actions.set_confidentiality(case=case, level="open", text="Ya no importa.", by=officer)
    case = actions.set_confidentiality(
        case=case, level="reserved", text="Se investigó.", by=officer
    )
    assert case.confidentiality == "reserved"


def test_sealing_a_case_takes_it_out_of_the_entitys_hands_at_once():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    actions.propose_transfer(case=case, to=make.agency(), text="x", by=SYSTEM)
    case = actions.set_confidentiality(
        case=case, level="sealed", text="Acusa a su gente.", by=actor_of(make.user(Role.SUPERVISOR))
    )
    assert (case.unit, case.official, case.proposed_agency) == (None, None, None)
    assert not Case.objects.visible_to(liaison).exists()


def test_looks_at_confidential_cases_are_kept():
    user = make.user(Role.SUPERVISOR)
    actions.record_look(case=make.case(), user=user)
    assert not Look.objects.exists()
    hidden = make.case(confidentiality="reserved")
    actions.record_look(case=hidden, user=user, what="reporter", why="Devolver la llamada")
    look = Look.objects.get()
    assert (look.case, look.user, look.what) == (hidden, user, "reporter")


def test_the_timeline_never_keeps_the_citizens_name():
    case = make.case(reporter=make.reporter(name="Ana Ríos"), by=citizen("Ana Ríos"))
    assert "Ana" not in str(list(case.timeline.values()))
