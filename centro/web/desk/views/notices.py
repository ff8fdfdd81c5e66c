"""What the reader was told about cases."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from centro.cases.actions import mark_notices_seen
from centro.cases.noticeboard import notice_page, notices_of, posted, with_cases
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import READERS


@require_safe
@allow(*READERS)
def notices(request: StaffRequest) -> HttpResponse:
    """What this user was told, unread first."""
    after = request.GET.get("despues", "")
    found = notice_page(request.user, after)
    context = {
        "posted": found.posted,
        "unread": any(one.notice.seen_at is None for one in found.posted),
        "first": reverse("desk:notices") if after else "",
        "next": f"{reverse('desk:notices')}?despues={found.next_after}" if found.next_after else "",
    }
    return render(request, "desk/notices.html", context)


@require_safe
@allow(*READERS)
def open_notice(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark a notice as read, and go to what it is about where the user may see it."""
    notice = with_cases(notices_of(request.user).filter(pk=pk)).first()
    if notice is None:
        raise NotFound(_("No existe ese aviso."))
    mark_notices_seen(user=request.user, notices=[notice.pk])
    (shown,) = posted([notice], request.user)
    return redirect(shown.path or "desk:notices")


@require_POST
@allow(*READERS)
def read_all(request: StaffRequest) -> HttpResponse:
    """Mark every notice as read."""
    mark_notices_seen(user=request.user)
    return redirect("desk:notices")
