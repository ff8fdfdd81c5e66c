"""Giving somebody a file that came from outside: to keep, never to run as a page of ours."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse


def served(path: Path, media_type: str, name: str) -> FileResponse:
    """The file as a download under this name; nothing in it is run or guessed at."""
    response = FileResponse(
        path.open("rb"), content_type=media_type, as_attachment=True, filename=name
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response
