"""Versions of calendars and agreements: how they are drafted, checked, put in force, and refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.catalog.actions.agreements import (
    approve_agreement,
    propose_agreement,
    refuse_agreement,
    terms_of,
    withdraw_agreement,
)
from centro.catalog.actions.calendars import (
    DatedException,
    Overtaken,
    change_week,
    declare_exception,
    discard_draft,
    draft_calendar,
    drop_exception,
    publish_calendar,
    renew_draft,
)
from centro.catalog.agreements import find_or_make_policy, policy_for
from centro.catalog.calendars import office_calendar, version_in_force
from centro.catalog.differences import Difference, difference, merged
from centro.catalog.models import BusinessCalendar, CalendarVersion, PolicyVersion
from centro.kernel.actor import SYSTEM
from centro.kernel.calendar import Hours, Term, Unit
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from tests import make
from tests.cases.deciding import closure, draft, propose, terms
from tests.moments import Frozen

pytestmark = pytest.mark.usefixtures("frozen")
OFFICE = BusinessCalendar.OFFICE
TUESDAY = date(2026, 3, 3)


def publish(made: CalendarVersion, note: str = "Decreto 12") -> CalendarVersion:
    return publish_calendar(draft=made, note=note, by=SYSTEM)


class TestADraft:
    def test_it_begins_as_a_copy_and_changes_nothing(self):
        before = version_in_force(OFFICE)
        made = draft(closure("2026-03-03"))
        assert (made.number, made.state) == (before.number + 1, "draft")
        assert office_calendar().is_working_day(TUESDAY)

    def test_in_force_it_takes_the_place_of_the_one_before(self):
        before = version_in_force(OFFICE)
        now = publish(draft(closure("2026-03-03")))
        before.refresh_from_db()
        assert (before.state, now.state, now.note) == ("past", "in_force", "Decreto 12")
        assert not office_calendar().is_working_day(TUESDAY)

    def test_several_days_are_declared_at_once(self):
        made = draft(closure("2026-03-03", until="2026-03-05"))
        assert [day["day"] for day in made.special] == ["2026-03-03", "2026-03-04", "2026-03-05"]

    def test_the_same_day_declared_again_is_replaced(self):
        made = draft(closure("2026-03-03"), closure("2026-03-03", hours=(Hours(480, 720),)))
        (day,) = made.special
        assert day["hours"] == [[480, 720]]

    def test_a_day_can_be_taken_out_again(self):
        made = draft(closure("2026-03-03"), closure("2026-03-04"))
        made = drop_exception(draft=made, day=TUESDAY, places=[], by=SYSTEM)
        assert [day["day"] for day in made.special] == ["2026-03-04"]
        with pytest.raises(NotFound):
            drop_exception(draft=made, day=TUESDAY, places=[], by=SYSTEM)

    def test_two_exceptions_for_one_place_on_one_day_are_refused(self):
        one, other = make.place(level="district"), make.place(level="district")
        made = draft(closure("2026-03-03", one))
        with pytest.raises(Invalid, match="ya tiene otra excepción"):
            declare_exception(draft=made, what=closure("2026-03-03", one, other), by=SYSTEM)

    @pytest.mark.parametrize(
        ("first", "last", "name", "said"),
        [
            (TUESDAY, TUESDAY, " ", "nombre"),
            (TUESDAY, TUESDAY - timedelta(days=1), "x", "antes del primero"),
            (TUESDAY, TUESDAY + timedelta(days=31), "x", "31 días"),
            (date(1, 1, 1), date(1, 1, 1), "x", "demasiado lejos"),
            (date(9999, 12, 31), date(9999, 12, 31), "x", "demasiado lejos"),
        ],
    )
    def test_what_cannot_be_is_refused_with_words(self, first, last, name, said):
        with pytest.raises(Invalid, match=said):
            declare_exception(draft=draft(), what=DatedException(first, last, name), by=SYSTEM)

    def test_a_calendar_opens_at_least_once_a_week(self):
        with pytest.raises(Invalid, match="abre al menos"):
            change_week(draft=draft(), week=((),) * 7, by=SYSTEM)

    def test_it_needs_a_reason_and_a_change(self):
        made = draft(closure("2026-03-03"))
        with pytest.raises(Invalid, match="por qué"):
            publish(made, note=" ")
        with pytest.raises(Refused, match="no cambia nada"):
            publish(draft())

    def test_what_is_in_force_can_no_longer_be_changed(self):
        now = publish(draft(closure("2026-03-03")))
        with pytest.raises(Refused, match="ya no es un borrador"):
            declare_exception(draft=now, what=closure("2026-03-04"), by=SYSTEM)
        with pytest.raises(Refused, match="ya no es un borrador"):
            discard_draft(draft=now, by=SYSTEM)

    def test_only_direction_and_administration_change_calendars(self):
        office = version_in_force(OFFICE).calendar
        for role in Role:
            by = actor_of(make.user(role))
            if role in {Role.DIRECTOR, Role.ADMINISTRATOR}:
                draft_calendar(calendar=office, by=by)
            else:
                with pytest.raises(NotAllowed):
                    draft_calendar(calendar=office, by=by)

    def test_one_overtaken_by_another_is_brought_up_to_date_first(self, frozen: Frozen):
        mine, other = draft(closure("2026-03-03")), draft(closure("2026-03-04"))
        frozen.on(minutes=1)
        publish(other)
        with pytest.raises(Overtaken):
            publish(mine)
        renewed = renew_draft(draft=mine, by=SYSTEM)
        assert [day["day"] for day in renewed.special] == ["2026-03-03", "2026-03-04"]
        publish(renewed)

    def test_a_discarded_draft_is_gone(self):
        made = draft()
        discard_draft(draft=made, by=SYSTEM)
        with pytest.raises(NotFound):
            publish(made)


class TestDifferences:
    def version(self, *special: tuple[str, Any], week: Any = None) -> CalendarVersion:
        days = [
            {"day": day, "name": "x", "hours": [], "places": list(places)}
            for day, places in special
        ]
        return CalendarVersion(week=week or [[[480, 960]]] * 5 + [[], []], special=days)

    def test_a_day_of_the_country_differs_everywhere_until_that_day(self):
        found = difference(self.version(), self.version(("2026-03-03", ())))
        assert found == Difference(None, TUESDAY)

    def test_a_local_day_differs_there_alone(self):
        found = difference(self.version(("2026-03-05", ("A",))), self.version(("2026-03-03", "B")))
        assert found == Difference(frozenset({"A", "B"}), date(2026, 3, 5))

    def test_other_hours_of_the_week_differ_for_good(self):
        week = [[[480, 900]]] * 5 + [[], []]
        assert difference(self.version(), self.version(week=week)) == Difference(None, None)

    def test_another_name_counts_the_same(self):
        one, other = self.version(("2026-03-03", ())), self.version(("2026-03-03", ()))
        other.special[0]["name"] = "Otro nombre"
        assert difference(one, other) is None

    def test_changes_of_two_are_joined(self):
        def day(day: str, name: str = "x") -> dict[str, Any]:
            return {"day": day, "name": name, "hours": [], "places": []}

        base = [day("2026-01-01"), day("2026-01-09")]
        changed = [day("2026-01-09", "Otro"), day("2026-03-03")]
        current = [*base, day("2026-05-01")]
        names = {each["day"]: each["name"] for each in merged(base, changed, current)}
        assert names == {"2026-01-09": "Otro", "2026-03-03": "x", "2026-05-01": "x"}


class TestAnAgreement:
    def test_it_holds_once_somebody_else_approved_it(self):
        service = make.service()
        proposed = propose(service, days=3)
        assert policy_for(service, None, "medium").solution_amount == 5
        by = actor_of(make.user(Role.EXECUTIVE, service.agency))
        approve_agreement(version=proposed, words="De acuerdo", by=by)
        held = policy_for(service, None, "medium")
        assert (held.pk, held.solution_amount, held.decision) == (proposed.pk, 3, "De acuerdo")
        assert held.decided_by_id == by.id
        assert PolicyVersion.objects.filter(policy=held.policy, state="past").count() == 1

    def test_one_proposal_at_a_time(self):
        service = make.service()
        propose(service, days=3)
        with pytest.raises(Refused, match="Ya hay una propuesta"):
            propose(service, days=2)

    def test_what_changes_nothing_is_not_proposed(self):
        with pytest.raises(Refused, match="lo mismo"):
            service = make.service(working_days=3)
            propose(service, days=3)

    def test_one_is_withdrawn_only_by_who_made_it(self):
        service = make.service()
        proposed = propose(service)
        with pytest.raises(NotAllowed):
            withdraw_agreement(
                version=proposed, by=actor_of(make.user(Role.LIAISON, service.agency))
            )
        assert proposed.made_by is not None
        withdraw_agreement(version=proposed, by=actor_of(proposed.made_by))
        propose(service)

    def test_a_refusal_says_why(self):
        proposed = propose(make.service())
        by = actor_of(make.user(Role.DIRECTOR))
        with pytest.raises(Invalid, match="por qué"):
            refuse_agreement(version=proposed, words=" ", by=by)
        assert refuse_agreement(version=proposed, words="No alcanza", by=by).state == "refused"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"response": Term(9, Unit.WORKING_DAYS)}, "primera respuesta"),
            ({"solution": Term(366, Unit.WORKING_DAYS)}, "demasiado largo"),
            ({"interim_days": 61}, "60 días"),
            ({"shares": (75, 100, 100, 200, 300)}, "porcentajes suben"),
            ({"shares": (0, 100, 150, 200, 300)}, "de 1 a 1000"),
            ({"shares": (75, 100, 150, 200, 1001)}, "de 1 a 1000"),
            ({"holders": {5: 1}}, "máxima autoridad"),
        ],
    )
    def test_terms_that_cannot_be_are_refused_with_words(self, changes, said):
        with pytest.raises(Invalid, match=said):
            propose(make.service(), **changes)

    def test_it_is_about_a_province_or_a_district(self):
        with pytest.raises(Invalid, match="provincia o un distrito"):
            propose(make.service(), place=make.place())

    def test_who_answers_at_a_rung_is_part_of_it(self):
        service = make.service()
        head = make.user(Role.HEAD, service.agency)
        proposed = propose(service, holders={4: head.pk})
        assert terms_of(proposed).holders == {4: head.pk}

    @pytest.mark.parametrize("role", list(Role))
    def test_who_proposes(self, role: Role):
        service = make.service()
        by = actor_of(make.user(role, service.agency if role in make.AGENCY_ROLES else None))
        given: Any = {"service": service, "place": None, "priority": "", "terms": terms(service)}
        if role in {Role.LIAISON, Role.DIRECTOR, Role.ADMINISTRATOR}:
            propose_agreement(**given, note="x", by=by)
        else:
            with pytest.raises(NotAllowed):
                propose_agreement(**given, note="x", by=by)

    def test_the_first_one_is_the_catalogues(self):
        version = find_or_make_policy(make.service(working_days=7))
        assert (version.solution_amount, version.made_by) == (7, None)
