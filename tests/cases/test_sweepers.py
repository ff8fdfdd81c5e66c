"""Three sweepers at once, one of them killed at any moment: nothing is missing, nothing is double."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from django.db import connection

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.cases.actions import escalate_due, send_digests
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Escalation, Notice, SlaClock, TimelineEntry
from centro.channels.models import OutboundMessage
from centro.kernel.clock import now, today
from tests import make
from tests.cases.ladder_world import Entity
from tests.repo import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CASES = 1_000
SWEEPERS = 3
PATIENCE = 120  # seconds, on a machine that does other things
CHILD = """
import sys, django
django.setup()
from centro.cases import actions
print("ready", flush=True)
sys.stdin.readline()
while actions.{does}():
    pass
"""


@pytest.fixture(autouse=True)
def _no_night(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_FROM", "QUIET_UNTIL"):
        monkeypatch.setenv(name, "00:00")
        setattr(settings, name, "00:00")


@contextmanager
def at_work(does: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that begin together and do it until there is nothing left."""
    kept = connection.settings_dict
    url = f"postgresql://{kept['USER']}:{kept['PASSWORD']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATABASE_POOL": "0",
        "DJANGO_SETTINGS_MODULE": "centro.config.settings",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD.format(does=does)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(SWEEPERS)
    ]
    try:
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in started:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        yield started
    finally:
        for one in started:
            one.kill()
            one.communicate()


def kill_one(started: list[subprocess.Popen[str]], chance: Random, within: float) -> None:
    """Kill one of them at some moment, and wait for the others to finish."""
    time.sleep(chance.uniform(0, within))
    victim = chance.choice(started)
    os.kill(victim.pid, signal.SIGKILL)
    for one in started:
        code = one.wait(PATIENCE)
        assert code == 0 or one is victim


def finish(left: Callable[[], bool], sweep: Callable[[], int]) -> None:
    """Sweep what the killed one had begun, once the server has noticed that it is gone."""
    deadline = time.monotonic() + PATIENCE
    while left() and time.monotonic() < deadline:
        sweep()
        time.sleep(0.1)


def multiply(first: Case, times: int) -> None:
    """As many cases like the first, with its clocks and the beginning of its timeline."""
    with connection.cursor() as cursor:
        columns = columns_of(Case)
        cursor.execute(
            f"INSERT INTO cases_case ({columns}) SELECT {columns} FROM cases_case,"
            " generate_series(1, %s) WHERE id = %s",
            [times, first.pk],
        )
        for model in (SlaClock, TimelineEntry):
            columns = columns_of(model, "case_id")
            table = model._meta.db_table
            cursor.execute(
                f"INSERT INTO {table} (case_id, {columns}) SELECT c.id, {columns_of(model, 'case_id', prefix='t.')}"
                f" FROM {table} t, cases_case c WHERE t.case_id = %s AND c.id <> %s",
                [first.pk, first.pk],
            )


def columns_of(model: type, *without: str, prefix: str = "") -> str:
    fields = model._meta.concrete_fields  # type: ignore[attr-defined]
    names = [f.column for f in fields if f.column not in {"id", *without}]
    return ", ".join(f"{prefix}{name}" for name in names)


@pytest.mark.parametrize("seed", range(3))
def test_three_sweepers_of_which_one_is_killed_lose_and_double_nothing(seed: int):
    entity = Entity()
    late = make.case(
        service=make.service(agency=entity.agency, working_days=12),
        spoken_at=now() - timedelta(days=120),
    )
    # The entity's own time began today, as the case was written down.
    SlaClock.objects.filter(metric="stint").update(next_at=now())
    multiply(late, CASES - 1)
    assert SlaClock.objects.filter(next_at__lte=now()).count() == 4 * CASES
    with at_work("escalate_due") as started:
        kill_one(started, Random(seed), within=3)
    finish(SlaClock.objects.filter(next_at__lte=now()).exists, escalate_due)
    assert not SlaClock.objects.filter(next_at__isnull=False).exists()
    # Each case has its five rungs, its notices and its lines, once.
    assert Escalation.objects.count() == 5 * CASES
    assert one_each("cases_escalation", "rung") == 5
    assert one_each("cases_notice", "kind, escalation_id, user_id") == 5 + 3
    assert one_each("cases_timelineentry", "kind, data") == 1 + 5
    assert Notice.objects.count() == 8 * CASES
    assert check_everything() == []


def one_each(table: str, what: str) -> int:
    """How many of something each case has; fails where one has it twice, or another number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT max(n) FROM (SELECT count(*) AS n FROM {table} GROUP BY case_id, {what}) AS t"
        )
        assert cursor.fetchone() == (1,)
        cursor.execute(f"SELECT DISTINCT count(*) FROM {table} GROUP BY case_id")
        ((each,),) = cursor.fetchall()
    return int(each)


@pytest.mark.parametrize("seed", range(2))
def test_three_who_digest_of_whom_one_is_killed_write_once_to_everybody(
    seed: int, empty_queue: None
):
    case = make.case()
    people = User.objects.bulk_create(
        User(username=f"enlace{n}", email=f"enlace{n}@x.example") for n in range(400)
    )
    Assignment.objects.bulk_create(
        Assignment(user=user, role=Role.LIAISON, agency=case.agency, starts=today())
        for user in people
    )
    Notice.objects.bulk_create(
        Notice(user=user, case=case, kind="rung", data={"share": 100})
        for user in people
        for _ in range(3)
    )
    with at_work("send_digests") as started:
        kill_one(started, Random(seed), within=2)
    finish(Notice.objects.filter(sent_at=None).exists, send_digests)
    sent = OutboundMessage.objects.filter(name="digest")
    assert sorted(sent.values_list("address", flat=True)) == sorted(u.email for u in people)
    assert not Notice.objects.filter(message=None).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT args->>'message_id') FROM procrastinate_jobs"
            " WHERE queue_name = 'outbound' AND task_name LIKE '%deliver'"
        )
        jobs = cursor.fetchone()
    letters = OutboundMessage.objects.count()
    assert jobs == (letters, letters)
