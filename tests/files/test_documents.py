"""Files that come by mail or a messenger: kept by what their bytes are, refused in words."""

from __future__ import annotations

import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from centro.files.actions import keep_file, missing_files, open_file
from centro.files.documents import LARGEST
from centro.files.models import StoredFile
from centro.kernel.actor import citizen
from centro.kernel.errors import Invalid, NoRoom

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def keep(data: bytes, name: str = "archivo.bin", media_type: str = "") -> StoredFile:
    return keep_file(upload=BytesIO(data), name=name, media_type=media_type, by=citizen())


def archive(**inside: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in inside.items():
            made.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "PNG")
    return out.getvalue()


KEPT = {
    "application/pdf": b"%PDF-1.7\n...",
    "audio/ogg": b"OggS\0\2voz",
    "audio/amr": b"#!AMR\nvoz",
    "audio/mp4": b"\0\0\0\x20ftypM4A voz",
    "video/mp4": b"\0\0\0\x20ftypisom video",
    "text/plain": "Señas: frente a la tienda".encode(),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": archive(
        word__document_xml=b"<x/>"
    ).replace(b"word/document_xml", b"word/document.xml"),
}


@pytest.mark.parametrize("kind", KEPT)
def test_a_document_is_kept_as_it_came_whatever_it_is_called(kind: str):
    file = keep(KEPT[kind], name="../../etc/x.exe", media_type="application/x-evil")
    assert (file.media_type, file.is_photo, file.name) == (kind, False, "x.exe")
    path, _type = open_file(file)
    assert path.read_bytes() == KEPT[kind]
    assert missing_files() == []


def test_a_photo_is_a_photo_whatever_it_says_it_is():
    file = keep(photo(), name="informe.pdf", media_type="application/pdf")
    assert (file.media_type, file.is_photo) == ("image/jpeg", True)


REFUSED = {
    "empty": b"",
    "a program": b"MZ\x90\0\3",
    "a script": b"#!/bin/sh\nrm -rf /",
    "a page": b"<html><script>alert(1)</script>",
    "a page behind a mark": "\ufeff  <!DOCTYPE html>".encode(),
    "a drawing that runs": b"<svg onload='x()'>",
    "too heavy": b"%PDF-" + b"0" * LARGEST,
    "a plain archive": archive(a=b"x"),
    "a broken archive": b"PK\3\4" + b"\0" * 50,
    "macros": archive(word__document_xml=b"", word__vbaProject_bin=b"x").replace(
        b"vbaProject_bin", b"vbaProject.bin"
    ),
    "noise": bytes(range(256)),
    "half a photo": photo()[:60],
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_kept_is_refused_in_words(what: str):
    with pytest.raises(Invalid) as refusal:
        keep(REFUSED[what])
    assert refusal.value.message
    assert not StoredFile.objects.exists()


def test_a_zip_bomb_is_refused_without_being_unpacked():
    bomb = archive(**{"word__document.xml": b"0" * (120 << 20)})
    assert len(bomb) < 1 << 20
    with pytest.raises(Invalid, match="despliega"):
        keep(bomb)


# ---- The antivirus ----


@contextmanager
def clamd(answer: bytes = b"") -> Iterator[str]:
    """A daemon that keeps clamd's INSTREAM protocol: it reads chunks by their lengths to the empty
    one, and knows the harmless file by which antiviruses are tried."""
    server = socket.create_server(("127.0.0.1", 0))
    faults: list[str] = []

    def take(line: socket.socket) -> bytes:
        size = struct.unpack("!L", line.recv(4, socket.MSG_WAITALL))[0]
        return line.recv(size, socket.MSG_WAITALL) if size else b""

    def serve() -> None:
        line, _address = server.accept()
        with line:
            if line.recv(10, socket.MSG_WAITALL) != b"zINSTREAM\0":
                faults.append("no INSTREAM")
            data = b""
            while chunk := take(line):
                data += chunk
            found = b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0"
            line.sendall(answer or found)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        thread.join(10)
        server.close()
        assert not faults


def test_what_the_antivirus_knows_is_refused(settings: Any):
    with clamd() as settings.CLAMAV, pytest.raises(Invalid, match="dañino"):
        keep(b"%PDF-" + b"0" * 200_000 + EICAR)
    assert not StoredFile.objects.exists()


def test_what_it_does_not_know_is_kept(settings: Any):
    with clamd() as settings.CLAMAV:
        assert keep(KEPT["application/pdf"]).pk


def test_an_antivirus_that_is_down_or_full_keeps_nothing_and_says_so(settings: Any):
    settings.CLAMAV = "127.0.0.1:9"
    with pytest.raises(NoRoom):
        keep(KEPT["application/pdf"])
    with clamd(b"INSTREAM size limit exceeded. ERROR\0") as settings.CLAMAV, pytest.raises(NoRoom):
        keep(KEPT["application/pdf"])
    assert not StoredFile.objects.exists()
