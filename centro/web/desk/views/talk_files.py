"""Files that came with messages: downloaded, never run as a page of ours."""

from __future__ import annotations

from urllib.parse import quote

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.cases.talks import cases_of_talk, reach_talk
from centro.channels.models import Attachment
from centro.files.actions import Size, open_file
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import TALKERS

# How a download is named where the sender's own name says nothing.
_ENDINGS = {
    "image/jpeg": ".jpg", "application/pdf": ".pdf", "text/plain": ".txt", "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "video/mp4": ".mp4",
}  # fmt: skip


@require_safe
@allow(*TALKERS)
def attachment(request: StaffRequest, pk: int, file: int) -> FileResponse:
    return _serve(request, pk, file, "full")


@require_safe
@allow(*TALKERS)
def thumbnail(request: StaffRequest, pk: int, file: int) -> FileResponse:
    return _serve(request, pk, file, "thumb")


def _serve(request: StaffRequest, pk: int, file: int, size: Size) -> FileResponse:
    talk = reach_talk(pk, request.user)
    rows = Attachment.objects.filter(message__entry__conversation=talk, file__isnull=False)
    row = rows.select_related("file").filter(pk=file).first()
    if row is None or row.file is None or (size == "thumb" and not row.file.is_photo):
        raise NotFound(_("No existe ese archivo."))
    path, media_type = open_file(row.file, size)
    secret = any(case.is_confidential for case in cases_of_talk(talk))
    response = FileResponse(path.open("rb"), content_type=media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_name(row))}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store" if secret else "private, max-age=3600"
    return response


def _name(row: Attachment) -> str:
    """The sender's name for it, with the ending of what it really is."""
    assert row.file is not None
    stem = "".join(
        c if c.isalnum() or c in " -_." else "_" for c in row.name.rpartition(".")[0] or row.name
    )
    ending = _ENDINGS.get(row.file.media_type) or f".{row.name.rpartition('.')[2][:5] or 'bin'}"
    return f"{stem.strip('. ')[:80] or 'archivo'}{ending}"
