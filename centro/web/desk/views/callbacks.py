"""The queue of people who left only a telephone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.accounts.roles import Role
from centro.cases.models import Case
from centro.contacts.models import CallBack
from centro.web.access import StaffRequest, allow
from centro.web.desk import calls
from centro.web.desk.forms.callbacks import CallForm, Result

CALLERS = (Role.OPERATOR, Role.SUPERVISOR, Role.DENUNCIATIONS)


@require_safe
@allow(*CALLERS)
def queue(request: StaffRequest) -> HttpResponse:
    """Who waits to be rung; telephones are shown only to whoever takes the call."""
    return render(request, "desk/callbacks.html", {"queue": calls.queue(request.user)})


@require_POST
@allow(*CALLERS)
def claim(request: StaffRequest) -> HttpResponse:
    """Take the next call; nobody else gets it."""
    call = calls.claim_next(request.user)
    if call is None:
        messages.info(request, _("No hay a quién llamar ahora."))
        return redirect("desk:callbacks")
    return redirect("desk:callback", pk=call.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*CALLERS)
def call(request: StaffRequest, pk: int) -> HttpResponse:
    """Whom to ring and why; a POST says how it went."""
    in_hand = calls.call_in_hand(pk, request.user)
    case = calls.case_of(in_hand, request.user)
    form = CallForm(request.POST or None, reason=in_hand.reason, status=case.status)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        calls.settle(in_hand, case, result=told["result"], text=told["text"], user=request.user)
        messages.success(request, _said(told["result"]))
        return redirect("desk:callbacks")
    return render(
        request,
        "desk/callback.html",
        _context(in_hand, case, form),
        status=422 if request.method == "POST" else 200,
    )


def _said(result: str) -> str:
    if result == Result.NOT_REACHED:
        return _("Intento anotado. Se volverá a llamar más tarde.")
    return _("Llamada terminada y anotada en el caso.")


def _context(call: CallBack, case: Case, form: CallForm) -> dict[str, object]:
    return {"call": call, "case": case, "form": form}
