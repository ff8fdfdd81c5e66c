"""The command line: it reads well, and each command does its one thing."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from django.contrib.auth import authenticate
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.files.models import StoredFile
from centro.ops import cli, demo
from centro.ops.checkup import Finding, examine
from tests import make

COMMANDS = sorted(cli.centro.commands)


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("centro.ops.environment.prepare", lambda **_: None)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli.centro, list(arguments), catch_exceptions=False)
    return f"{done.output}[{done.exit_code}]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str):
    text = cli.centro.commands[name].get_short_help_str(limit=200)
    assert len(text) > 10
    assert name in run("--help")


def test_a_healthy_installation_passes_the_doctor(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("centro.ops.checkup._database", database_of_the_tests)
    make.case()
    assert [finding for finding in examine() if not finding.well] == []


def database_of_the_tests() -> Finding:
    """The tests' database runs without fsync on purpose, which the doctor calls a fault."""
    return Finding("Database", "of the tests")


def test_the_doctor_notices_a_photo_without_its_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("centro.ops.checkup._database", database_of_the_tests)
    StoredFile.objects.create(
        media_type="image/jpeg", size=1, sha256="0" * 64, width=1, height=1, name="a.jpg"
    )
    assert [finding.what for finding in examine() if not finding.well] == ["Photos"]


def test_the_doctor_notices_a_failed_job(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("centro.ops.checkup._database", database_of_the_tests)
    make.case(reporter=make.reporter())
    assert ProcrastinateJob.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert [finding.what for finding in examine() if not finding.well] == ["Failed jobs"]


def test_demonstration_people_are_made_once_and_can_sign_in():
    make.agency(acronym="IDAAN")
    make.agency(acronym="MOP")
    assert demo.make_demo_people() == len(demo.PEOPLE)
    assert demo.make_demo_people() == 0
    assert authenticate(username="operadora", password=demo.PASSWORD)
    roles = set(Assignment.objects.current().values_list("role", flat=True))
    assert roles == {role.value for role in Role}


def test_another_country_gets_only_the_people_it_has_entities_for():
    demo.make_demo_people()
    posts = Assignment.objects.filter(user__in=User.objects.all())
    assert Role.OPERATOR in set(posts.values_list("role", flat=True))
    assert Role.LIAISON not in set(posts.values_list("role", flat=True))


def test_without_a_demonstration_nobody_gets_a_published_password():
    assert "DEMONSTRATION=1" in run("demo")
    assert not User.objects.exists()


def test_the_place_of_a_point_nowhere_is_null():
    assert run("locate", "0", "0") == "null\n[0]"


def test_an_unknown_pack_is_said_and_changes_nothing():
    assert "no such folder" in run("load-pack", "atlantis")


def test_the_documentation_is_listed_with_its_titles():
    assert "docs/reference/settings.md" in run("docs")
