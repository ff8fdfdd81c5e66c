"""Photos: what is kept of them, and what is refused."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from PIL import Image, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from centro.cases.models import CasePhoto
from centro.files import actions
from centro.files.actions import (
    forget_draft_photo,
    keep_photo,
    missing_files,
    open_file,
    path_of,
    purge_files,
)
from centro.files.documents import LARGEST
from centro.files.models import StoredFile
from centro.kernel.actor import citizen
from centro.kernel.errors import Invalid, NoRoom, NotFound
from tests import make

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(size: tuple[int, int] = (64, 48), mode: str = "RGB", color: Any = RED) -> Image.Image:
    return Image.new(mode, size, color)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def keep(data: bytes, name: str = "foto.jpg", **options: Any) -> StoredFile:
    return keep_photo(upload=BytesIO(data), name=name, by=citizen("Ana"), **options)


def kept(file: StoredFile, size: actions.Size = "full") -> Image.Image:
    image = Image.open(path_of(file, size))
    image.load()
    return image


def on_disk() -> list[Path]:
    root = actions._root()
    return [p for p in root.rglob("*") if p.is_file()] if root.exists() else []


def near(color: Any, expected: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(color, expected, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_as_jpeg_in_two_sizes(kind):
    file = keep(encoded(picture((3000, 1500)), kind))
    assert (file.width, file.height, file.media_type) == (2048, 1024, "image/jpeg")
    assert kept(file).format == kept(file, "thumb").format == "JPEG"
    assert kept(file).size == (2048, 1024)
    assert kept(file, "thumb").size == (480, 240)
    assert file.size == path_of(file).stat().st_size
    assert near(kept(file).getpixel((9, 9)), RED)


def test_a_small_photo_is_not_blown_up():
    assert kept(keep(encoded(picture((20, 10)))), "thumb").size == (20, 10)


def test_place_camera_and_owner_are_gone():
    exif = Image.Exif()
    exif[Base.Make] = "CameraOfAna"
    exif[Base.Artist] = "Ana Núñez"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (8.0, 58.0, 1.0)
    data = encoded(
        picture(),
        exif=exif,
        icc_profile=b"SecretProfile" * 9,
        comment=b"SecretComment",
        xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
    )
    assert b"CameraOfAna" in data
    for size in ("full", "thumb"):
        raw = path_of(keep(data), size).read_bytes()
        for secret in (b"CameraOfAna", b"Ana", b"Secret", b"Exif", b"http://ns.adobe"):
            assert secret not in raw
        with Image.open(BytesIO(raw)) as image:
            assert not image.getexif()


def test_what_is_appended_to_a_photo_is_gone():
    file = keep(encoded(picture()) + b"PK\x03\x04<script>alert(1)</script>")
    assert b"script" not in path_of(file).read_bytes()


def test_text_hidden_in_a_png_is_gone():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>", zip=True)
    assert b"script" not in path_of(keep(encoded(picture(), "PNG", pnginfo=info))).read_bytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_stands_upright(turn, kind):
    image = picture((60, 30))
    image.paste(BLUE, (0, 0, 30, 30))
    exif = Image.Exif()
    exif[Base.Orientation] = turn
    shown = kept(keep(encoded(image, kind, exif=exif)))
    assert shown.size == ((60, 30) if turn < 5 else (30, 60))
    corner = near(shown.getpixel((2, 2)), BLUE)
    assert corner is (turn in {1, 4, 5, 6})


@pytest.mark.parametrize(
    ("mode", "color"),
    [
        ("L", 128),
        ("1", 1),
        ("P", 3),
        ("CMYK", (10, 200, 30, 0)),
        ("LA", (90, 255)),
        ("RGBA", (200, 30, 30, 255)),
        ("I;16", 40_000),
    ],
)
def test_every_kind_of_colour_becomes_three(mode, color):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert kept(keep(encoded(picture((8, 8), mode, color), kind))).mode == "RGB"


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_becomes_white(mode):
    clear = (0, 0, 0, 0) if mode == "RGBA" else (0, 0)
    assert near(
        kept(keep(encoded(picture((8, 8), mode, clear), "PNG"))).getpixel((4, 4)), (255,) * 3
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_is_kept(kind):
    moving = encoded(
        picture(),
        kind,
        save_all=True,
        append_images=[picture(color=BLUE)],
        duration=100,
        **({"lossless": True} if kind == "WEBP" else {}),
    )
    assert near(kept(keep(moving)).getpixel((9, 9)), RED)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that unpacks to a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


GOOD = encoded(picture((400, 300)))
HOSTILE = {
    "nothing": b"",
    "text": b"hola",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "gif": encoded(picture(), "GIF"),
    "bmp": encoded(picture(), "BMP"),
    "tiff": encoded(picture(), "TIFF"),
    "pdf": encoded(picture(), "PDF"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "half": GOOD[: len(GOOD) // 2],
    "header only": GOOD[:20],
    "bad middle": GOOD[:200] + b"\xff" * 200,
    "png cut": encoded(picture((300, 300)), "PNG")[:100],
    "bomb": bomb(40_000, 40_000),
    "just over": bomb(10_001, 5_000),
    "no size": bomb(0, 10),
    "webp head": b"RIFF\x10\0\0\0WEBPVP8 ",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_photo_is_refused_with_words(what):
    with pytest.raises(Invalid) as caught:
        keep(HOSTILE[what], "foto.jpg")
    assert caught.value.message.startswith(
        ("No pudimos leer la foto", "La foto es demasiado grande")
    )
    assert not StoredFile.objects.exists()
    assert not on_disk()


def test_too_heavy_a_photo_is_refused_without_reading_all_of_it():
    class Endless(BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= LARGEST + 1
            return b"x" * size

    with pytest.raises(Invalid, match="12 MB"):
        keep_photo(upload=Endless(), name="x", by=citizen())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fotos\\calle.jpg", "calle.jpg"),
        ("a\x00b\r\nc.jpg", "abc.jpg"),
        ("x" * 500, "x" * 150),
        ("", ""),
    ],
)
def test_a_name_is_never_a_path(name, expected):
    file = keep(encoded(picture()), name)
    assert file.name == expected
    assert {p.name for p in on_disk()} == {f"{file.key.hex}.full.jpg", f"{file.key.hex}.thumb.jpg"}


def test_a_photo_that_the_disk_lost_is_reported():
    file, other = keep(encoded(picture())), keep(encoded(picture()))
    path_of(other).unlink()
    assert open_file(file) == (path_of(file), "image/jpeg")
    with pytest.raises(NotFound):
        open_file(other)
    assert missing_files() == [other]
    path_of(file, "thumb").unlink()
    assert missing_files() == [file, other]


def test_no_row_is_written_when_the_disk_refuses(monkeypatch):
    def full(*_args: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(actions, "_write", full)
    with pytest.raises(NoRoom, match="No podemos guardar fotos"):
        keep(encoded(picture()))
    assert not StoredFile.objects.exists()


def age(*files: StoredFile, hours: int = 50) -> None:
    import os

    for file in files:
        StoredFile.objects.filter(pk=file.pk).update(
            created_at=file.created_at - timedelta(hours=hours)
        )
        for size in ("full", "thumb"):
            path = path_of(file, size)
            then = path.stat().st_mtime - hours * 3600
            os.utime(path, (then, then))


def test_photos_that_belong_to_nothing_are_forgotten_after_two_days():
    old_draft = keep(encoded(picture()), draft_token=uuid4())
    refused_form = keep(encoded(picture()))
    fresh = keep(encoded(picture()), draft_token=uuid4())
    in_a_case = keep(encoded(picture()), draft_token=uuid4())
    make.case(photos=[in_a_case])
    age(old_draft, refused_form, in_a_case)
    assert purge_files() == 2
    assert set(StoredFile.objects.all()) == {fresh, in_a_case}
    assert len(on_disk()) == 4
    assert purge_files() == 0


def test_files_without_a_row_are_swept():
    file = keep(encoded(picture()))
    age(file)
    StoredFile.objects.all().delete()
    half = path_of(file).with_suffix(".part")
    half.write_bytes(b"half")
    purge_files()
    assert on_disk() == [half]


def test_a_photo_in_a_case_cannot_be_taken_back():
    file = keep(encoded(picture()))
    make.case(photos=[file])
    forget_draft_photo(file=file)
    assert CasePhoto.objects.get().file == file
    assert open_file(file)


def test_a_photo_taken_back_leaves_nothing():
    file = keep(encoded(picture()), draft_token=uuid4())
    with transaction.atomic():
        forget_draft_photo(file=file)
    assert not on_disk()
    assert not StoredFile.objects.exists()
