"""The administration site: who enters, what they manage, and that no case is in it."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment
from centro.agencies.queries import unit_for
from centro.catalog.models import ServiceType
from centro.channels.models import MessageText
from centro.kernel.clock import today
from centro.knowledge.models import Article
from tests import make

INDEX = reverse("admin:index")


def as_(role: Role | None) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


@pytest.mark.parametrize("role", [*Role, None])
def test_only_those_who_manage_something_enter(role: Role | None):
    expected = 200 if role in {Role.ADMINISTRATOR, Role.EDITOR} else 302
    answer = as_(role).get(INDEX)
    assert answer.status_code == expected
    if expected == 302:
        assert as_(role).get(answer["Location"]).status_code == 403


def test_who_is_not_signed_in_is_sent_to_the_one_door():
    answer = Client().get(INDEX, follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_login")


def test_a_post_that_ended_opens_nothing():
    user = make.user(None)
    Assignment.objects.create(
        user=user,
        role=Role.ADMINISTRATOR,
        starts=today().replace(year=2020),
        ends=today().replace(year=2021),
    )
    client = Client()
    client.force_login(user)
    assert client.get(INDEX).status_code == 302


def test_a_superuser_made_at_the_console_sets_up_the_first_post():
    user = make.user(None, is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(INDEX).status_code == 200


def test_no_case_no_contact_and_no_message_is_in_the_administration():
    shown = {model._meta.app_label for model in admin.site._registry}
    assert not shown & {"cases", "contacts", "files"}
    names = {model.__name__ for model in admin.site._registry}
    assert not names & {"Person", "ContactPoint", "OutboundMessage"}


@pytest.mark.slow
def test_every_list_and_every_form_opens():
    client = as_(Role.ADMINISTRATOR)
    case = make.case()
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        if model._meta.app_label in {"account", "mfa", "procrastinate"}:
            continue
        assert client.get(reverse(f"admin:{label}_changelist")).status_code == 200, label
        assert client.get(reverse(f"admin:{label}_add")).status_code in {200, 403}, label
    for thing in (case.agency, case.unit, case.service, make.user()):
        label = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
        assert client.get(reverse(label, args=[thing.pk])).status_code == 200


def test_an_editor_manages_articles_only():
    client = as_(Role.EDITOR)
    assert (
        client.get(reverse(f"admin:{Article._meta.app_label}_article_changelist")).status_code
        == 200
    )
    for model in (ServiceType, Agency, Assignment, MessageText):
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(label)).status_code == 403


def test_a_post_is_given_and_works_at_once():
    user, agency = make.user(None), make.agency()
    where = reverse("admin:agencies_assignment_add")
    given = {"user": user.pk, "role": "liaison", "agency": agency.pk, "starts": today().isoformat()}
    assert as_(Role.ADMINISTRATOR).post(where, given).status_code == 302
    client = Client()
    client.force_login(user)
    assert client.get(reverse("desk:inbox")).status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"role": "liaison"}, "diga cuál"),
        ({"role": "operator", "agency": "yes"}, "todo el país"),
        ({"role": "official", "agency": "yes", "unit": "yes"}, "otra entidad"),
        ({"role": "operator", "ends": "2020-01-01"}, "antes de empezar"),
    ],
)
def test_a_post_that_cannot_be_is_explained(given: dict[str, str], said: str):
    filled = given | {"user": str(make.user(None).pk), "starts": today().isoformat()}
    if "agency" in given:
        filled["agency"] = str(make.agency().pk)
    if "unit" in given:
        filled["unit"] = str(make.unit().pk)
    answer = as_(Role.ADMINISTRATOR).post(reverse("admin:agencies_assignment_add"), filled)
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_a_new_unit_receives_cases_at_once():
    agency, here = make.agency(), make.place(level="province")
    given = {
        "agency": agency.pk,
        "code": "REG-1",
        "name": "Regional",
        "province": here.pk,
        "active": "on",
    }
    assert (
        as_(Role.ADMINISTRATOR).post(reverse("admin:agencies_unit_add"), given).status_code == 302
    )
    unit = unit_for(agency, here.pk)
    assert unit is not None
    assert unit.name == "Regional"


def test_what_cases_point_at_is_not_deleted():
    case = make.case()
    client = as_(Role.ADMINISTRATOR)
    for thing in (case.agency, case.unit):
        label = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_delete"
        assert client.post(reverse(label, args=[thing.pk]), {"post": "yes"}).status_code == 403
