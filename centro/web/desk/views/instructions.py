"""What the Presidency instructed: to the entity that answers, and to who follows it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of, scope_of
from centro.cases import presidency
from centro.cases.actions import answer_instruction, withdraw_instruction
from centro.cases.models import Case, Instruction
from centro.kernel.errors import Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.presidency import AnswerForm
from centro.web.desk.posts import INSTRUCTED

PAGE = 30
_CASES = 50


@require_safe
@allow(*INSTRUCTED)
def instructions(request: StaffRequest) -> HttpResponse:
    """Those that wait for an answer, the one due first in front; then the last of the others."""
    seen = Instruction.objects.visible_to(request.user).select_related(*Instruction.COMPANIONS)
    waiting = list(seen.open().order_by("due_at", "pk")[:PAGE])
    ended = list(seen.exclude(state=Instruction.State.OPEN).order_by("-pk")[:PAGE])
    followed = presidency.follow([*waiting, *ended])
    context = {"waiting": followed[: len(waiting)], "ended": followed[len(waiting) :]}
    return render(request, "desk/instructions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*INSTRUCTED)
def instruction(request: StaffRequest, pk: int) -> HttpResponse:
    """One instruction with its cases; a POST is the entity's answer."""
    found = Instruction.objects.reach(pk, request.user)
    if request.method != "POST":
        return _show(request, found, AnswerForm())
    found = Instruction.objects.reach(pk, request.user, to="answer")
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    try:
        answer_instruction(
            instruction=found, text=form.cleaned_data["text"], by=actor_of(request.user)
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show(request, found, form, status=refusal.status)
    messages.success(request, _("La Presidencia tiene su respuesta."))
    return redirect("desk:instruction", pk=pk)


def _show(
    request: StaffRequest, found: Instruction, form: AnswerForm, status: int = 200
) -> HttpResponse:
    answers = found.state == Instruction.State.OPEN and _may_answer(request, found)
    cases = Case.objects.visible_to(request.user).filter(instructions=found)
    context = {
        "followed": presidency.follow([found])[0],
        "form": form if answers else None,
        "may_withdraw": scope_of(request.user).has(Role.PRESIDENCY),
        "cases": cases.select_related("place", "service")
        .defer("search")
        .order_by("due_at")[:_CASES],
    }
    return render(request, "desk/instruction.html", context, status=status)


def _may_answer(request: StaffRequest, found: Instruction) -> bool:
    return Instruction.objects.answerable_by(request.user).filter(pk=found.pk).exists()


@require_POST
@allow(Role.PRESIDENCY)
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """The Presidency takes it back."""
    found = Instruction.objects.reach(pk, request.user)
    withdraw_instruction(instruction=found, by=actor_of(request.user))
    messages.success(request, _("La instrucción quedó retirada."))
    return redirect("desk:instructions")
