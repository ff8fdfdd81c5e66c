"""One case: its page, and everything that can be done to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from centro.agencies.scopes import actor_of
from centro.cases.actions import record_look
from centro.cases.models import Case, Look
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from centro.web.access import StaffRequest, View, allow, is_htmx
from centro.web.desk.casefile import CaseFile, open_file
from centro.web.desk.doings import BY_SLUG, Doing
from centro.web.desk.forms.case import CaseForm, WhyForm
from centro.web.desk.posts import READERS


@require_safe
@allow(*READERS)
def case_page(request: StaffRequest, number: str) -> HttpResponse:
    return show(request, open_file(number, request.user))


def show(
    request: StaffRequest,
    file: CaseFile,
    *,
    doing: Doing | None = None,
    form: CaseForm | None = None,
    said: str = "",
    status: int = 200,
    template: str = "",
    **more: Any,
) -> HttpResponse:
    """The page, or its `#case` alone for htmx; either way a look at a confidential case is kept."""
    record_look(case=file.case, user=request.user)
    context = {
        "file": file,
        "case": file.case,
        "doing": doing,
        "form": form,
        "said": said,
        "list_address": _list_address(request),
        **more,
    }
    usual = "desk/_case.html" if is_htmx(request) else "desk/case.html"
    return render(request, template or usual, context, status=status)


def _list_address(request: StaffRequest) -> str:
    """Back to the list one came from, with its filters; otherwise to the inbox."""
    came_from = urlsplit(request.META.get("HTTP_REFERER", ""))
    inbox = reverse("desk:inbox")
    here = came_from.netloc == request.get_host() and came_from.path == inbox
    return f"{inbox}?{came_from.query}" if here and came_from.query else inbox


def act(doing: Doing) -> View:
    """The view of one doing: GET shows its form, POST does it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @allow(*doing.roles)
    def view(request: StaffRequest, number: str) -> HttpResponse:
        if request.method == "POST":
            return _do(request, number, doing)
        return _ask(request, number, doing)

    view.__name__ = doing.key
    return view


def _ask(request: StaffRequest, number: str, doing: Doing) -> HttpResponse:
    """The form of a doing; for htmx only the form, which says nothing of the case."""
    case = Case.objects.reach(number, request.user, to=doing.reach)
    require_now(doing, case, request)
    form = doing.form(case=case, user=request.user)
    if is_htmx(request):
        context = {"case": case, "doing": doing, "form": form}
        return render(request, "desk/_case_form.html", context)
    return show(request, open_file(number, request.user), doing=doing, form=form)


def _do(request: StaffRequest, number: str, doing: Doing) -> HttpResponse:
    case = Case.objects.reach(number, request.user, to=doing.reach)
    form = doing.form(request.POST, request.FILES, case=case, user=request.user)
    status = attempt(request, case, doing, form)
    if status == 200:
        return _done(request, number, str(doing.done))
    file = open_file(number, request.user)
    meanwhile = file.since(form.shown_at)
    if doing in file.doings:
        changed = meanwhile if form.is_stale else []
        return show(request, file, doing=doing, form=form, status=status, meanwhile=changed)
    # It can no longer be done, but nobody writes anything twice: the words go into a note.
    note = BY_SLUG["nota"]
    return show(
        request,
        file,
        status=status,
        refused=form.non_field_errors(),
        meanwhile=meanwhile,
        words=form.words,
        note_address=note.address(file.case) if note in file.doings else "",
    )


def attempt(request: StaffRequest, case: Case, doing: Doing, form: CaseForm) -> int:
    """Do it if it is offered and the form is right; otherwise the form says why not.

    Returns 200, or the status of the answer that shows the form again with what was typed.
    """
    try:
        require_now(doing, case, request)
        require_unchanged(doing, form)
        if not form.is_valid():
            return Invalid.status
        doing.run(case, form.cleaned_data, request.user, actor_of(request.user))
    except Refused as refusal:
        if refusal.status in {NotFound.status, NotAllowed.status}:
            raise
        form.full_clean()
        form.add_error(None, str(refusal.message))
        return refusal.status
    return 200


def require_now(doing: Doing, case: Case, request: StaffRequest) -> None:
    """Refuse what the page would not have offered: a stale page, or an address typed by hand."""
    if doing.offered(case, request.user):
        return
    if case.status in doing.statuses:
        raise NotAllowed(_("Con su cargo no puede hacer eso en este caso."))
    raise Refused(
        _("No se puede hacer «%(doing)s»: el caso está «%(now)s».")
        % {"doing": doing.label, "now": case.get_status_display()}
    )


def require_unchanged(doing: Doing, form: CaseForm) -> None:
    """Refuse once what was decided about a case that has changed since: its form is shown again."""
    if form.is_stale and not doing.adds:
        raise Refused(
            _(
                "El caso cambió mientras usted escribía. Nada de lo que escribió se perdió: revise "
                "y, si todavía procede, envíelo otra vez."
            )
        )


def _done(request: StaffRequest, number: str, said: str) -> HttpResponse:
    try:
        file = open_file(number, request.user)
    except NotFound:
        # What was done took the case out of this user's sight: back to the list.
        messages.success(request, said)
        return _go(request, reverse("desk:inbox"))
    if is_htmx(request):
        return show(request, file, said=said)
    messages.success(request, said)
    return redirect("desk:case", number=file.case.number)


def _go(request: StaffRequest, address: str) -> HttpResponse:
    if is_htmx(request):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


@require_POST
@allow(*READERS)
def reporter(request: StaffRequest, number: str) -> HttpResponse:
    """Name who reported a confidential case, to those who may know, and keep who asked and why."""
    file = open_file(number, request.user)
    if not file.may_know:
        raise NotAllowed(_("Con su cargo no puede saber quién reportó este caso."))
    form = WhyForm(request.POST, case=file.case, user=request.user)
    if not form.is_valid():
        return show(request, file, why_form=form, status=422)
    why = form.cleaned_data["why"]
    record_look(case=file.case, user=request.user, what=Look.What.REPORTER, why=why)
    return show(request, file, told=file.case.person)
