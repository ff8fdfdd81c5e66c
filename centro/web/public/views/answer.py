"""Answering "was it solved?" from a letter: a link, a page with one button, no account and no code.

To open the link changes nothing, because programs that look through mail open every link: only the
button of its page answers.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from centro.cases.actions import confirm_case, reopen_case
from centro.cases.models import Case
from centro.kernel.actor import citizen
from centro.kernel.errors import Invalid, Refused
from centro.web.public import limits
from centro.web.public.forms import NotSolvedForm
from centro.web.public.grants import reach_by_key

_GONE = 410
_LONGEST_KEY = 80


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """The page of one answer; a POST gives it. Whatever is wrong with the link, one plain page."""
    sent = request.POST if request.method == "POST" else request.GET
    key = sent.get("k", "")[:_LONGEST_KEY]
    found = reach_by_key(request, number, key)
    if found is None:
        return render(request, "public/answer_gone.html", status=_GONE)
    case, said = found
    form = NotSolvedForm(request.POST or None) if said == "no" else None
    if request.method == "POST" and (form is None or form.is_valid()):
        return _give(request, case, form)
    status = Invalid.status if form is not None and form.errors else 200
    context = {"case": case, "key": key, "form": form}
    return render(request, "public/answer.html", context, status=status)


def _give(request: HttpRequest, case: Case, form: NotSolvedForm | None) -> HttpResponse:
    limits.count_word(case.pk)
    try:
        if form is None:
            confirm_case(case=case, by=citizen())
        else:
            reopen_case(case=case, text=form.words, by=citizen())
    except Refused:
        # Somebody answered in the meantime: the link is used up.
        return render(request, "public/answer_gone.html", status=_GONE)
    if form is None:
        messages.success(request, _("Gracias por confirmarlo. El caso queda cerrado."))
    else:
        messages.success(
            request, _("Gracias por decirlo. El caso se reabrió y otra persona lo verá.")
        )
    return redirect(f"{reverse('public:follow')}?numero={case.number}")
