"""Photos of a case: a page that shows one, and the picture itself."""

from __future__ import annotations

from datetime import timedelta

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.accounts.models import User
from centro.cases.actions import record_look
from centro.cases.models import Case, CasePhoto
from centro.files.actions import Size, open_file
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import READERS

_SAME_LOOK = timedelta(minutes=10)


@require_safe
@allow(*READERS)
def photo_page(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """One photo by itself, with the way to the ones beside it."""
    case = Case.objects.reach(number, request.user)
    ids = list(case.photos.values_list("pk", flat=True))
    photo = _photo(case, pk)
    record_look(case=case, user=request.user)
    at = ids.index(photo.pk)
    context = {
        "case": case,
        "photo": photo,
        "at": at + 1,
        "of": len(ids),
        "previous": ids[at - 1] if at else None,
        "next": ids[at + 1] if at + 1 < len(ids) else None,
    }
    return render(request, "desk/case_photo.html", context)


@require_safe
@allow(*READERS)
def photo(request: StaffRequest, number: str, pk: int, size: Size) -> FileResponse:
    """The re-encoded picture. Opened by its address it is downloaded, never run as a page of ours."""
    case = Case.objects.reach(number, request.user)
    found = _photo(case, pk)
    _keep_look(case, request.user)
    path, media_type = open_file(found.file, size)
    response = FileResponse(path.open("rb"), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{case.number}-{found.pk}.jpg"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store" if case.is_confidential else "private, max-age=3600"
    return response


def _keep_look(case: Case, user: User) -> None:
    """A picture fetched without its page is a look too; those of a page just opened are not."""
    recently = now() - _SAME_LOOK
    if case.is_confidential and not case.looks.filter(user=user, at__gte=recently).exists():
        record_look(case=case, user=user)


def _photo(case: Case, pk: int) -> CasePhoto:
    photo = case.photos.select_related("file").filter(pk=pk).first()
    if photo is None:
        raise NotFound(_("No existe esa foto."))
    return photo
