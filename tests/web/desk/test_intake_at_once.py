"""The operator's screen keeps what is typed while somebody saves it: real connections, real locks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from centro.accounts.roles import Role
from centro.contacts.models import Draft
from tests import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.at_once]


def test_what_is_kept_while_the_screen_is_being_saved_is_no_error():
    client = Client()
    client.force_login(make.user(Role.OPERATOR))
    screen = client.post("/mesa/atender/", {"channel": "phone"})["Location"]

    def keep() -> HttpResponse:
        try:
            typed = {"channel": "phone", "language": "es", "description": "Tarde"}
            return client.post(f"{screen}borrador/", typed, headers={"HX-Request": "true"})  # type: ignore[return-value]  # a response with more
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Draft.objects.select_for_update().get().delete()
            late = pool.submit(keep)
            wait_for_somebody_locked_out()
        assert (late.result(60).status_code, late.result().content) == (204, b"")


def wait_for_somebody_locked_out() -> None:
    ends = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
            if waiting:
                return
            assert time.monotonic() < ends, "nobody waits for the lock"
            time.sleep(0.02)
