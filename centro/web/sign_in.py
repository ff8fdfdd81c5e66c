"""Signing in, for staff: django-allauth with sign-up closed.

Attempts are counted in the database, so that several web processes count as one, and before the
password is looked at, right or wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from smtplib import SMTPException
from typing import Any, cast

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponseBase
from django.urls import path, re_path, reverse
from django.utils.translation import gettext as _

from centro.accounts.limits import count_attempt, forget_attempts
from centro.accounts.models import User
from centro.agencies.scopes import scope_of
from centro.channels.actions import keep_sent_message
from centro.people.sealing import seal, unseal
from centro.web.limits import address_of, limit_address

_QUARTER = timedelta(minutes=15)
_log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Users are made by an administrator, never by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The desk; somebody who was only made at the console sets up the first posts."""
        user = cast("User", request.user)
        if user.is_superuser and not scope_of(user).roles:
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Few attempts at one name from one address, more at the name, most from the address."""
        login = _login_in(credentials)
        count_attempt(_here(request, login), limit=10, window=_QUARTER)
        count_attempt(f"login:name:{login}", limit=60, window=_QUARTER)
        limit_address(request, "login", limit=300, window=_QUARTER)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            forget_attempts(_here(request, _login_in(credentials)))
        return user

    def format_email_subject(self, subject: str) -> str:
        return f"{_('Centro 3-1-1')}: {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send at once, and keep no copy: a link to a new password must not lie in the database.

        A demonstration without a mail server shows it in the mailbox instead.
        """
        mail = self.render_mail(template_prefix, email, {"email": email, **context})
        if settings.DEMONSTRATION and not settings.EMAIL_HOST:
            keep_sent_message(
                kind="email", address=email, name="account", subject=mail.subject, body=mail.body
            )
        else:
            _send(mail)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the secrets of second factors sealed: a leaked database signs nobody in."""

    def encrypt(self, text: str) -> str:
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text.encode())


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """The same form, with a label that says what to write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Usuario o correo")
        self.fields["login"].widget.attrs.pop("placeholder", None)
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["remember"].label = _("Recordarme en este equipo")


def _login_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "").strip().lower()


def _here(request: HttpRequest, login: str) -> str:
    return f"login:name:{login}:address:{address_of(request)}"


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except (SMTPException, OSError):
        # The page says the same whether the address exists or not; so it must here.
        _log.exception("an e-mail about an account was not sent")


def _limited_by_user(view: View) -> View:
    """Few guesses at the second factor of the user who is in the middle of signing in."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            pending = request.session.get(LOGIN_SESSION_KEY) or {}
            user = pending.get("user_pk") or request.user.pk
            count_attempt(f"second-factor:user:{user}", limit=10, window=_QUARTER)
        return view(request, *args, **kwargs)

    return limited


def _limited_by_address(view: View) -> View:
    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            limit_address(request, "new-password", limit=60, window=_QUARTER)
        return view(request, *args, **kwargs)

    return limited


urlpatterns = [
    path("entrar/", login_not_required(account.login), name="account_login"),
    path("salir/", account.logout, name="account_logout"),
    path("clave/", account.password_change, name="account_change_password"),
    path("confirmar/", account.reauthenticate, name="account_reauthenticate"),
    path(
        "olvide/",
        login_not_required(_limited_by_address(account.password_reset)),
        name="account_reset_password",
    ),
    path(
        "olvide/enviado/",
        login_not_required(account.password_reset_done),
        name="account_reset_password_done",
    ),
    # A key has dashes of its own: the first one ends the user's part.
    re_path(
        r"^olvide/nueva/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        login_not_required(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "olvide/lista/",
        login_not_required(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("inactiva/", login_not_required(account.account_inactive), name="account_inactive"),
    path("2fa/", mfa.index, name="mfa_index"),
    path(
        "2fa/entrar/",
        login_not_required(_limited_by_user(mfa.authenticate)),
        name="mfa_authenticate",
    ),
    path("2fa/confirmar/", _limited_by_user(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/activar/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/desactivar/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/reserva/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "2fa/reserva/nueva/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "2fa/reserva/bajar/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"
    ),
]
