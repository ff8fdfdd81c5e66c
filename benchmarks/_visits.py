"""Visits to pages inside this process, as somebody who is signed in."""

from __future__ import annotations

import time

from django.test import Client
from django.test.utils import CaptureQueriesContext

from centro.accounts.models import User

_CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT", "SET ")


def sign_in(username: str) -> Client:
    """A client with the session of that user, speaking to a host that the site answers to."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        User.objects.get(username=username),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def timed_get(client: Client, address: str) -> tuple[float, int]:
    """Seconds and status of one request."""
    started = time.perf_counter()
    answer = client.get(address)
    answer.getvalue()  # a page that comes in pieces is made only now
    return time.perf_counter() - started, answer.status_code


def data_statements(captured: CaptureQueriesContext) -> list[str]:
    """What was asked of the data; the control of transactions is left out."""
    sent = [query["sql"] for query in captured.captured_queries]
    return [one for one in sent if not one.upper().startswith(_CONTROL)]
