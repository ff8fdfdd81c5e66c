"""How is my case: by number and code, without an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.cases.actions import (
    MOST_PHOTOS,
    add_information,
    confirm_case,
    reopen_case,
    withdraw_case,
)
from centro.cases.models import Case
from centro.kernel.actor import Actor, citizen
from centro.kernel.errors import Refused
from centro.web.public import known, limits, story
from centro.web.public.forms import AddForm, FollowForm, ReasonForm, WithdrawForm
from centro.web.public.grants import forget_all, open_with_code, reach_opened
from centro.web.public.photos import keep_photos, send_photo


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def follow(request: HttpRequest) -> HttpResponse:
    """Number and code. Whatever is wrong, the answer is the same."""
    if request.method != "POST":
        number = request.GET.get("numero", "").replace("\x00", "")[:40]
        form = FollowForm(initial={"number": number})
        return render(request, "public/follow.html", {"form": form})
    form = FollowForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        opened = open_with_code(request, given["number"], given["code"])
        if opened:
            return redirect("public:case", number=opened)
        form.add_error(None, _("Ese número y esa clave no van juntos. Revise ambos en su recibo."))
    return render(request, "public/follow.html", {"form": form}, status=404)


@require_POST
@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """Close the cases opened here, for those who used somebody else's telephone."""
    forget_all(request)
    messages.success(request, _("Listo: en este equipo ya no se ve su caso."))
    return redirect("public:follow")


@require_safe
@login_not_required
@never_cache
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """The case as its citizen sees it."""
    case = reach_opened(request, number)
    return _ask_code(number) if case is None else _show(request, case)


def _ask_code(number: str) -> HttpResponse:
    shown = "".join(c for c in number[:20] if c.isdigit() or c == "-")
    return redirect(f"{reverse('public:follow')}?numero={shown}")


def _show(
    request: HttpRequest,
    case: Case,
    status: int = 200,
    unsent: str = "",
    given: Mapping[str, forms.Form] | None = None,
) -> HttpResponse:
    shown: dict[str, Any] = story.facts(case)
    shown["add_form"] = AddForm(answering=shown["doors"].answer, prefix="add")
    shown["reopen_form"] = ReasonForm(prefix="reopen")
    shown["withdraw_form"] = WithdrawForm(prefix="withdraw")
    given = given or {}
    shown |= given
    shown["unsent"] = unsent
    shown["event"] = known.of_case(case, request)
    shown["wrong_form"] = next((form for form in given.values() if form.errors), None)
    return render(request, "public/case.html", shown, status=status)


Act = Callable[[Case, dict[str, Any], Actor], object]


def _do(
    request: HttpRequest, number: str, name: str, form: forms.Form | None, act: Act, said: str
) -> HttpResponse:
    """Reach, check, act, say: the same for everything a citizen does with a case."""
    case = reach_opened(request, number)
    if case is None:
        return _ask_code(number)
    if form is not None and not form.is_valid():
        return _show(request, case, status=422, given={name: form})
    limits.count_word(case.pk)
    try:
        act(case, form.cleaned_data if form else {}, citizen())
    except Refused as refusal:
        return _refused(request, number, name, form, refusal)
    messages.success(request, said)
    return redirect("public:case", number=case.number)


def _refused(
    request: HttpRequest, number: str, name: str, form: forms.Form | None, refusal: Refused
) -> HttpResponse:
    """The case changed meanwhile, or something given cannot be kept: nothing typed is lost."""
    case = reach_opened(request, number)
    if case is None:
        return _ask_code(number)
    if form is None:
        messages.error(request, refusal.message)
        return _show(request, case, status=refusal.status)
    form.add_error(None, refusal.message)
    typed = str(form["text"].value() or "")
    return _show(request, case, refusal.status, typed, given={name: form})


@require_POST
@login_not_required
def add(request: HttpRequest, number: str) -> HttpResponse:
    """More information, or the answer to what was asked."""

    def act(case: Case, given: dict[str, Any], by: Actor) -> object:
        photos = keep_photos(given["photos"][: MOST_PHOTOS + 1])
        return add_information(case=case, text=given["text"], photos=photos, by=by)

    form = AddForm(request.POST, request.FILES, prefix="add")
    return _do(request, number, "add_form", form, act, _("Gracias: quedó en su caso."))


@require_POST
@login_not_required
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Yes, it is solved."""

    def act(case: Case, _given: dict[str, Any], by: Actor) -> object:
        return confirm_case(case=case, by=by)

    return _do(request, number, "", None, act, _("Gracias por confirmarlo. El caso queda cerrado."))


@require_POST
@login_not_required
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """No, it is not solved."""

    def act(case: Case, given: dict[str, Any], by: Actor) -> object:
        return reopen_case(case=case, text=given["text"], by=by)

    form = ReasonForm(request.POST, prefix="reopen")
    said = _("El caso se reabrió y otra persona lo verá.")
    return _do(request, number, "reopen_form", form, act, said)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Withdrawing asks once more before it is done."""
    if request.method != "POST":
        case = reach_opened(request, number)
        if case is None:
            return _ask_code(number)
        shown = {"case": case, "withdraw_form": WithdrawForm(prefix="withdraw")}
        return render(request, "public/withdraw.html", shown)

    def act(case: Case, given: dict[str, Any], by: Actor) -> object:
        return withdraw_case(case=case, text=given["text"], by=by)

    form = WithdrawForm(request.POST, prefix="withdraw")
    return _do(
        request, number, "withdraw_form", form, act, _("Su caso queda cerrado. Gracias por avisar.")
    )


@require_safe
@login_not_required
def photo(request: HttpRequest, number: str, key: UUID) -> HttpResponse:
    """A photo of a case that this session opened."""
    case = reach_opened(request, number)
    found = case.photos.select_related("file").filter(file__key=key).first() if case else None
    if found is None:
        raise Http404
    return send_photo(found.file, "full" if request.GET.get("t") == "full" else "thumb")
