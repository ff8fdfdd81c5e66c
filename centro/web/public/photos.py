"""Photos of a draft: kept as they come, shown back, taken out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from centro.files.actions import keep_photo, open_file
from centro.files.models import StoredFile
from centro.kernel.actor import citizen


def keep_photos(files: Sequence[UploadedFile], draft: UUID | None = None) -> list[StoredFile]:
    """Check and keep each photo; refuses with the reason of the first that is no photo."""
    return [
        keep_photo(upload=file, name=file.name or "", by=citizen(), draft_token=draft)
        for file in files
    ]


def drop_draft_photo(token: UUID, key: UUID) -> None:
    """Take a photo out of a draft; the sweep of files forgets what belongs to nothing."""
    StoredFile.objects.filter(key=key, draft_token=token, case_photo=None).update(draft_token=None)


def send_photo(file: StoredFile, size: str) -> HttpResponse:
    """The picture itself: re-encoded by us, never run as a page, kept by this browser only."""
    path, media_type = open_file(file, size="thumb" if size == "thumb" else "full")
    answer = HttpResponse(path.read_bytes(), content_type=media_type)
    if size == "full":
        answer["Content-Disposition"] = 'attachment; filename="foto.jpg"'
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
