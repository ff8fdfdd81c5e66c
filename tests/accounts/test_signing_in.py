"""Signing in over HTTP: names, passwords, second factors, limits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from centro.accounts.admin import UserAdmin
from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.channels.models import OutboundMessage
from centro.web.limits import address_of
from tests import make

LOGIN = "/cuenta/entrar/"
RIGHT = "Correcta-Clave-Larga-7"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def ana() -> User:
    ana = make.user(Role.OPERATOR, username="ana", email="Ana@Centro.example")
    ana.set_password(RIGHT)
    ana.save()
    return ana


def sign_in(client: Client, login: str = "ana", password: str = RIGHT, **extra: Any):
    return client.post(LOGIN, {"login": login, "password": password}, **extra)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("login", ["ana", "ana@centro.example", "ANA@CENTRO.EXAMPLE"])
def test_one_signs_in_by_name_or_by_address(ana, client, login):
    answer = sign_in(client, login)
    assert answer.status_code == 302
    assert answer["Location"] == "/mesa/"
    assert signed_in(client)


def test_the_page_opens_without_an_account(client):
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert "Mesa de trabajo" in page.content.decode()


@pytest.mark.parametrize("login", ["ana", "nadie", "ana' OR 1=1--", "a\x00na", "x" * 5000])
def test_a_wrong_password_says_no_more_than_that(ana, client, login):
    answer = sign_in(client, login, "mala")
    assert answer.status_code == 200
    assert not signed_in(client)


def test_an_inactive_user_does_not_get_in(ana, client):
    User.objects.filter(pk=ana.pk).update(is_active=False)
    sign_in(client)
    assert not signed_in(client)


def test_the_eleventh_attempt_at_a_name_is_refused_even_with_the_right_password(ana, client):
    for _ in range(10):
        assert sign_in(client, password="mala").status_code == 200
    answer = sign_in(client)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert not signed_in(client)


def test_somebody_else_s_attempts_do_not_lock_one_out(ana, client):
    for _ in range(11):
        sign_in(client, password="mala", REMOTE_ADDR="190.0.0.9")
    assert sign_in(Client()).status_code == 302


def test_signing_in_forgets_the_attempts_before(ana, client):
    for _ in range(9):
        sign_in(client, password="mala")
    sign_in(client)
    client = Client()
    for _ in range(9):
        assert sign_in(client, password="mala").status_code == 200


def test_nobody_makes_an_account_for_themselves():
    for name in ("account_signup", "account_email", "account_request_login_code"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(ana, client, target):
    answer = client.post(
        f"{LOGIN}?next={target}", {"login": "ana", "password": RIGHT, "next": target}
    )
    assert answer["Location"] == "/mesa/"


def test_somebody_made_at_the_console_lands_where_posts_are_made(client):
    root = User.objects.create_superuser("root", password=RIGHT)
    assert sign_in(client, root.username)["Location"] == reverse("admin:index")


def test_signing_out_is_not_done_by_a_link(ana, client):
    client.force_login(ana)
    client.get("/cuenta/salir/")
    assert signed_in(client)
    client.post("/cuenta/salir/")
    assert not signed_in(client)


def code_now() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))))


def test_with_a_second_factor_the_password_is_not_enough(ana, client):
    TOTP.activate(ana, SECRET)
    answer = sign_in(client)
    assert answer["Location"] == "/cuenta/2fa/entrar/"
    assert not signed_in(client)
    client.post("/cuenta/2fa/entrar/", {"code": code_now()})
    assert signed_in(client)


def test_a_recovery_code_works_once(ana, client):
    TOTP.activate(ana, SECRET)
    RecoveryCodes.activate(ana)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    sign_in(client)
    client.post("/cuenta/2fa/entrar/", {"code": codes[0]})
    assert signed_in(client)
    again = Client()
    sign_in(again)
    again.post("/cuenta/2fa/entrar/", {"code": codes[0]})
    assert not signed_in(again)


def test_second_factors_cannot_be_guessed_for_long(ana, client):
    TOTP.activate(ana, SECRET)
    sign_in(client)
    answers = [client.post("/cuenta/2fa/entrar/", {"code": "000000"}) for _ in range(11)]
    assert answers[-1].status_code == 429
    assert not signed_in(client)


def test_secrets_of_second_factors_are_not_in_clear(ana):
    TOTP.activate(ana, SECRET)
    assert SECRET not in str(Authenticator.objects.get().data)
    assert get_adapter().decrypt(Authenticator.objects.get().data["secret"]) == SECRET


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_view_recovery_codes",
        "account_change_password",
        "account_reauthenticate",
    ],
)
def test_the_pages_of_one_s_own_account_need_signing_in(client, name):
    assert LOGIN in client.get(reverse(name)).get("Location", "")


@pytest.mark.parametrize(
    "name", ["mfa_index", "account_change_password", "account_reset_password", "account_inactive"]
)
def test_the_pages_of_an_account_open(ana, client, name):
    client.force_login(ana)
    assert client.get(reverse(name)).status_code in {200, 302}


def test_a_forgotten_password_is_renewed_by_a_link(ana, client, settings):
    settings.EMAIL_HOST = "mail.example"
    answer = client.post("/cuenta/olvide/", {"email": "ana@centro.example"}, follow=True)
    assert answer.status_code == 200
    (letter,) = mail.outbox
    assert letter.subject.startswith("Centro 3-1-1: ")
    link = re.search(r"http://testserver(/cuenta/olvide/nueva/\S+)", str(letter.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    new = "Otra-Clave-Distinta-9"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert sign_in(Client(), password=new).status_code == 302
    assert not OutboundMessage.objects.exists()


def test_a_stranger_s_address_gets_no_mail_and_the_same_answer(ana, client, settings):
    settings.EMAIL_HOST = "mail.example"
    known = client.post("/cuenta/olvide/", {"email": "ana@centro.example"})
    mail.outbox.clear()
    unknown = client.post("/cuenta/olvide/", {"email": "nadie@centro.example"})
    assert not mail.outbox
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])


def test_without_a_mail_server_only_a_demonstration_keeps_the_link(ana, client, settings):
    client.post("/cuenta/olvide/", {"email": "ana@centro.example"})
    assert not OutboundMessage.objects.exists()
    settings.DEMONSTRATION = True
    client.post("/cuenta/olvide/", {"email": "ana@centro.example"})
    assert "/cuenta/olvide/nueva/" in OutboundMessage.objects.get().body


def test_a_mail_server_that_is_down_tells_nothing(ana, client, settings, monkeypatch):
    settings.EMAIL_HOST = "mail.example"

    def refuse(*_args: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert client.post("/cuenta/olvide/", {"email": "ana@centro.example"}).status_code == 302


def test_two_users_cannot_share_an_address(ana):
    with pytest.raises(IntegrityError), transaction.atomic():
        make.user(email="ANA@centro.example")
    make.user(email="")
    make.user(email="")


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "expected"),
    [
        (False, "190.1.2.3", "1.1.1.1", "190.1.2.3"),
        (True, "127.0.0.1", "6.6.6.6, 190.1.2.3", "190.1.2.3"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (True, "127.0.0.1", "not an address", "unknown"),
        (False, "2001:db8:1:2:3::4", "", "2001:0db8:0001:0002"),
        (False, "::ffff:190.1.2.3", "", "190.1.2.3"),
        (False, "", "", "unknown"),
    ],
)
def test_the_address_is_the_one_that_was_seen_not_the_one_that_was_claimed(
    settings, behind, remote, forwarded, expected
):
    settings.BEHIND_TLS = behind
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == expected


def test_the_administration_makes_nobody_all_powerful():
    fields = {f for _title, options in UserAdmin.fieldsets for f in options["fields"]}
    assert not fields & {"is_superuser", "is_staff", "groups", "user_permissions"}
