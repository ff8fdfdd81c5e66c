"""The channels: their accounts, how each is, and the books of what came in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of, scope_of
from centro.channels.accounts import save_account
from centro.channels.actions import send_message
from centro.channels.books import balance
from centro.channels.health import health_of
from centro.channels.models import Account, InboundItem, RawEvent
from centro.channels.reading import replay_event
from centro.channels.registry import all_channels, get_channel
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.channels import AccountForm, TestForm

_READERS = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.DIRECTOR)
_REPAIRERS = (Role.ADMINISTRATOR, Role.SUPERVISOR)
_PAGE = 50


@require_safe
@allow(*_READERS)
def accounts(request: StaffRequest) -> HttpResponse:
    """Every account and how it is."""
    channels = all_channels()
    context = {
        "health": health_of(Account.objects.select_related("agency")),
        "kinds": [(kind, channel.label) for kind, channel in channels.items() if channel.fields],
        "balance": balance(),
        "may_edit": _may_edit(request),
    }
    return render(request, "desk/channels.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Role.ADMINISTRATOR)
def new_account(request: StaffRequest, kind: str) -> HttpResponse:
    return _edit(request, Account(kind=get_channel(kind).kind))


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Role.ADMINISTRATOR)
def account(request: StaffRequest, slug: str) -> HttpResponse:
    return _edit(request, _account(slug))


def _edit(request: StaffRequest, account: Account) -> HttpResponse:
    form = AccountForm(request.POST or None, instance=account)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                save_account(
                    account=form.save(commit=False),
                    options=form.options,
                    secrets=form.secrets,
                    by=actor_of(request.user),
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("La cuenta quedó guardada."))
                return redirect("desk:channels")
    context = {
        "form": form,
        "account": account,
        "channel": get_channel(account.kind),
        "test": TestForm(),
        "hook": request.build_absolute_uri(f"/entrada/{account.kind}/{account.slug}/")
        if account.pk
        else "",
    }
    return render(request, "desk/channel_account.html", context, status=status)


@require_POST
@allow(Role.ADMINISTRATOR)
def test_account(request: StaffRequest, slug: str) -> HttpResponse:
    """Send a message that says that the channel works."""
    account = _account(slug)
    form = TestForm(request.POST)
    if form.is_valid():
        message = send_message(
            kind=account.kind,
            account=account,
            address=form.cleaned_data["address"],
            name="channel_test",
            values={"account": account.label},
        )
        messages.success(request, _("El mensaje de prueba salió a la cola: vea qué fue de él."))
        return redirect("desk:mailbox_letter", message.pk)
    messages.error(request, _("Escriba a qué dirección o número enviar la prueba."))
    return redirect("desk:channel_account", slug)


@require_safe
@allow(*_READERS)
def books(request: StaffRequest) -> HttpResponse:
    """What came in: what could not be processed first, or all of an account."""
    state = request.GET.get("estado", RawEvent.State.DEAD)
    slug = request.GET.get("cuenta", "").replace("\x00", "")
    found = RawEvent.objects.defer("body", "headers").select_related("account")
    if state in RawEvent.State.values:
        found = found.filter(state=state)
    if slug:
        found = found.filter(account__slug=slug)
    after = request.GET.get("despues", "")
    if after.isdecimal() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    rows = list(found.order_by("-pk")[: _PAGE + 1])
    query = request.GET.copy()
    query["despues"] = str(rows[_PAGE - 1].pk) if len(rows) > _PAGE else ""
    context: dict[str, Any] = {
        "events": rows[:_PAGE],
        "states": RawEvent.State.choices,
        "state": state,
        "accounts": Account.objects.all(),
        "slug": slug,
        "balance": balance(),
        "outcomes": InboundItem.Outcome.choices,
        "may_edit": _may_edit(request),
        "next": f"?{query.urlencode()}" if query["despues"] else "",
    }
    return render(request, "desk/channel_books.html", context)


@require_safe
@allow(*_READERS)
def event(request: StaffRequest, pk: int) -> HttpResponse:
    """One event: what it held and what became of it. What was said in it is not shown here."""
    raw = RawEvent.objects.filter(pk=pk).select_related("account").defer("body").first()
    if raw is None:
        raise NotFound(_("No existe esa llegada."))
    items = raw.items.select_related("message").order_by("position")
    may_replay = scope_of(request.user).has(*_REPAIRERS)
    context = {"event": raw, "items": items, "may_replay": may_replay}
    return render(request, "desk/channel_event.html", context)


@require_POST
@allow(*_REPAIRERS)
def replay(request: StaffRequest, pk: int) -> HttpResponse:
    """Take in again what could not be taken in."""
    raw = RawEvent.objects.filter(pk=pk).first()
    if raw is None:
        raise NotFound(_("No existe esa llegada."))
    replay_event(raw=raw)
    messages.success(request, _("Se va a procesar otra vez."))
    return redirect("desk:channel_event", pk)


def _account(slug: str) -> Account:
    found = Account.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(_("No existe esa cuenta."))
    return found


def _may_edit(request: StaffRequest) -> bool:
    return scope_of(request.user).has(Role.ADMINISTRATOR)
