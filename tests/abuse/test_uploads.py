"""Uploads through the form: too heavy, too many, not what they say, and a disk that is full."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client

from centro.accounts.roles import Role
from centro.cases.doctor import check_everything
from centro.cases.models import CasePhoto
from centro.files.documents import LARGEST
from centro.files.models import StoredFile
from tests import make
from tests.web.desk.test_case_page import address, as_
from tests.web.test_public_follow import enter
from tests.web.test_public_intake import go, page, picture, ready

pytestmark = pytest.mark.slow  # large files


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


def file(content: bytes, name: str = "foto.jpg") -> io.BytesIO:
    made = io.BytesIO(content)
    made.name = name
    return made


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG of a claimed size with whatever rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(rows, 9)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


BAD: dict[str, bytes] = {
    "empty": b"",
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a program": b"\x7fELF" + b"\0" * 200,
    "a head alone": b"\xff\xd8\xff\xe0",
    "a bomb of pixels": png(60_000, 60_000, b"\0" * 100),
    "a bomb of zeros": png(9_999, 5_000, b"\0" * 30_000_000),
    "a page behind a head": b"GIF89a/*<script>*/=1;alert(1)",
    "too heavy": picture().getvalue() + b"\0" * LARGEST,
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_photo_is_refused_and_the_report_goes_on(client: Client, what: str):
    token = ready(client)
    response = go(client, token, "fotos", photos=file(BAD[what]))
    assert response.status_code == 422
    assert page(response).select_one(".errors")
    assert not StoredFile.objects.exists()
    assert go(client, token, "revisar")["Location"] == f"/recibo/{token}/"


def test_a_bad_photo_among_good_ones_is_told_of(client: Client):
    token = ready(client)
    response = go(client, token, "fotos", photos=[picture(), file(BAD["a page"])])
    assert response.status_code == 422
    shown = page(client.get(f"/reportar/{token}/fotos/"))
    assert len(shown.select(".photos li")) == StoredFile.objects.filter(draft_token=token).count()


def test_hundreds_of_files_are_refused_at_the_door(client: Client):
    token = ready(client)
    response = go(client, token, "fotos", photos=[file(b"x") for _ in range(150)])
    assert response.status_code == 400
    assert not StoredFile.objects.exists()


def test_a_heap_of_fields_or_a_heavy_text_is_refused_at_the_door(client: Client):
    heap = "&".join(f"a{n}=1" for n in range(1000))
    kind = "application/x-www-form-urlencoded"
    for body in (heap, "description=" + "x" * (2 << 20)):
        assert client.generic("POST", "/reportar/", body, content_type=kind).status_code == 400


@pytest.fixture(params=["full", "thumb"])
def disk_full(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes no more: at once, or when the second file is to be written."""
    really, left = os.fsync, [0 if request.param == "full" else 2]

    def fsync(descriptor: int) -> None:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        really(descriptor)

    monkeypatch.setattr("centro.files.actions.os.fsync", fsync)


def kept(settings: Any) -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


@pytest.mark.usefixtures("disk_full")
def test_a_full_disk_refuses_the_photo_and_takes_the_report(client: Client, settings: Any):
    token = ready(client)
    response = go(client, token, "fotos", photos=picture())
    assert response.status_code == 507
    assert "No podemos guardar fotos" in page(response).select_one(".errors").text
    assert not StoredFile.objects.exists()
    assert kept(settings) == []
    assert go(client, token, "revisar")["Location"] == f"/recibo/{token}/"


@pytest.mark.usefixtures("disk_full")
def test_a_full_disk_loses_no_word_of_the_citizen(client: Client, settings: Any):
    case = make.case()
    enter(client, case)
    sent = {"add-text": "Sigue saliendo agua", "add-photos": picture()}
    response = client.post(f"/seguimiento/{case.number}/informacion/", sent)
    assert response.status_code == 507
    assert "Sigue saliendo agua" in response.content.decode()
    assert not CasePhoto.objects.exists()
    assert kept(settings) == []


@pytest.mark.usefixtures("disk_full")
def test_a_full_disk_loses_no_word_of_the_desk(settings: Any):
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    sent = {"text": "Se cambió el tubo", "evidence": picture()}
    response = as_(liaison).post(address(case, "resolver"), sent)
    assert response.status_code == 507
    assert "Se cambió el tubo" in page(response).select_one("#id_text").text
    case.refresh_from_db()
    assert case.status == "assigned"
    assert kept(settings) == []


def test_a_disk_too_full_to_receive_the_upload_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    token = ready(client)
    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", full)
    client.raise_request_exception = False
    response = go(client, token, "fotos", photos=file(b"\xff\xd8" + b"x" * (3 << 20)))
    assert response.status_code == 503
    assert "Retry-After" in response
