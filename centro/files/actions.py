"""Keeping a photo: checked, turned upright, made small, without anything else that was in it.

Documents that come by mail or a messenger are kept as they are, once checked.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Literal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from PIL.ExifTags import Base

from centro.files import documents
from centro.files.documents import LARGEST
from centro.files.models import StoredFile
from centro.files.scanning import scan
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NoRoom, NotFound

_log = logging.getLogger(__name__)
Size = Literal["full", "thumb"]
MOST_PIXELS = 50_000_000
LONGEST_SIDE: dict[Size, int] = {"full": 2048, "thumb": 480}
_LARGEST_BOX = (LONGEST_SIDE["full"], LONGEST_SIDE["full"])
_FORMATS = ("JPEG", "PNG", "WEBP")
# A photo without a case is kept as long as a draft lives (contacts.actions), and a little more.
_KEPT_ALONE = timedelta(hours=49)
# Each picture being decoded may take some hundred megabytes: few at a time in one process.
_DECODERS = BoundedSemaphore(2)
# Pillow warns of a picture that unpacks to far more than it weighs; here that is a refusal.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def keep_photo(
    *, upload: IO[bytes], name: str = "", by: Actor, draft_token: UUID | None = None
) -> StoredFile:
    """Store a photo, re-encoded as JPEG without metadata, with a thumbnail.

    Raises Invalid when it is too large, no photo in a known format, or broken, and NoRoom when
    the disk does not take it. The files are on the disk before the row is written, so a row never
    points at nothing.
    """
    data = _read(upload)
    with _DECODERS:
        image = _decode(data)
        full, thumb = (_encode(image, LONGEST_SIDE[size]) for size in LONGEST_SIDE)
    key = uuid4()
    _write_all(key, {"full": full, "thumb": thumb})
    return StoredFile.objects.create(
        key=key,
        media_type="image/jpeg",
        size=len(full),
        sha256=hashlib.sha256(full).hexdigest(),
        width=image.width,
        height=image.height,
        name=_clean_name(name),
        uploaded_by=by.label[:200],
        draft_token=draft_token,
    )


def reduce_photo(*, upload: IO[bytes]) -> bytes:
    """A photo as it is kept, for whoever passes it on before it is; raises Invalid as `keep_photo`."""
    data = _read(upload)
    with _DECODERS:
        return _encode(_decode(data), LONGEST_SIDE["full"])


def _read(upload: IO[bytes]) -> bytes:
    data = upload.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Invalid(
            _("La foto pesa demasiado: use una de menos de %(n)s MB.") % {"n": LARGEST >> 20}
        )
    return data


def keep_file(*, upload: IO[bytes], name: str = "", media_type: str = "", by: Actor) -> StoredFile:
    """Store what came by a channel: a photo as `keep_photo` does, a document as it is.

    What it is, its own bytes say; what the sender calls it counts for nothing. Raises Invalid for
    a kind of file that is not kept, one that is too large or harmful, and NoRoom.
    """
    data = upload.read(LARGEST + 1)
    if documents.is_image(data):
        scan(data)
        return keep_photo(upload=BytesIO(data), name=name, by=by)
    kind = documents.kind_of(data)
    scan(data)
    key = uuid4()
    _write_all(key, {"file": data})
    return StoredFile.objects.create(
        key=key,
        media_type=kind,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        width=0,
        height=0,
        name=_clean_name(name),
        uploaded_by=by.label[:200],
    )


def path_of(file: StoredFile, size: Size = "full") -> Path:
    """Where the file lies on the disk; only a photo has sizes."""
    return _path(file.key, size if file.is_photo else "file")


def open_file(file: StoredFile, size: Size = "full") -> tuple[Path, str]:
    """The file's path and media type; raises NotFound when the disk has lost it."""
    path = path_of(file, size)
    if not path.exists():
        raise NotFound(_("El archivo ya no está disponible."))
    return path, file.media_type


def forget_draft_photo(*, file: StoredFile) -> None:
    """The person took the photo back before sending."""
    _forget(file)


def missing_files() -> list[StoredFile]:
    """Rows with a file, photo or thumbnail that is not on the disk (for the doctor)."""
    rows = StoredFile.objects.order_by("pk").iterator()
    return [f for f in rows if not all(path_of(f, size).exists() for size in LONGEST_SIDE)]


def purge_files() -> int:
    """Forget photos that belong to nothing for two days, on the disk and in the database.

    Those of drafts that never became a case, those whose form was refused, and files whose row
    was never written. Returns how many photos were forgotten.
    """
    old = now() - _KEPT_ALONE
    alone = _unused().filter(created_at__lt=old).order_by("pk")
    forgotten = sum(_forget(file) for file in alone[:1000])
    _sweep_disk(old.timestamp())
    return forgotten


def _unused() -> QuerySet[StoredFile]:
    """The rows that no other table points at, whichever tables there are above this app."""
    pointing = [relation.name for relation in StoredFile._meta.related_objects]
    return StoredFile.objects.filter(**{f"{name}__isnull": True for name in pointing})


def _forget(file: StoredFile) -> bool:
    try:
        with transaction.atomic():
            StoredFile.objects.filter(pk=file.pk).delete()
    except IntegrityError:
        # A case took it a moment ago.
        return False
    for size in LONGEST_SIDE:
        path_of(file, size).unlink(missing_ok=True)
    return True


def _sweep_disk(older_than: float) -> None:
    """Delete files without a row: their process was killed between the disk and the database."""
    for folder in _root().glob("[0-9a-f][0-9a-f]"):
        old = [path for path in folder.iterdir() if path.stat().st_mtime < older_than]
        keys = {key: path for path in old if (key := _key_of(path))}
        known = set(StoredFile.objects.filter(key__in=keys).values_list("key", flat=True))
        for path in old:
            if _key_of(path) not in known:
                path.unlink(missing_ok=True)


def _key_of(path: Path) -> UUID | None:
    with suppress(ValueError):
        return UUID(hex=path.name.partition(".")[0])
    return None


def _decode(data: bytes) -> Image.Image:
    """The first picture in the data: upright, three colours, no larger than is kept."""
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            # A JPEG can be read at a half, a quarter or an eighth, which saves most of the memory.
            image.draft("RGB", _LARGEST_BOX)
            image.load()
            small = _flat(image)
            small.thumbnail(_LARGEST_BOX)
            small.getexif()[Base.Orientation] = image.getexif().get(Base.Orientation, 1)
            return ImageOps.exif_transpose(small)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(_("La foto es demasiado grande. Envíe una más pequeña.")) from error
    except Exception as error:
        # A decoder that meets hostile data may raise nearly anything.
        raise Invalid(_("No pudimos leer la foto. Envíela en formato JPEG, PNG o WebP.")) from error


def _flat(image: Image.Image) -> Image.Image:
    """Three colours and no transparency, on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    flat = Image.new("RGB", layer.size, "white")
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat


def _encode(image: Image.Image, longest: int) -> bytes:
    """A fresh JPEG: pixels alone are copied, so EXIF, GPS, XMP and anything appended are gone."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    bare.thumbnail((longest, longest))
    out = BytesIO()
    bare.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return out.getvalue()


def _clean_name(name: str) -> str:
    """The last part of what the browser called it, printable; only ever shown, never a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:150]


def _root() -> Path:
    return Path(settings.FILES_ROOT)


def _path(key: UUID, size: str) -> Path:
    ending = "bin" if size == "file" else "jpg"
    return _root() / key.hex[:2] / f"{key.hex}.{size}.{ending}"


def _write_all(key: UUID, sizes: Mapping[str, bytes]) -> None:
    """Every size or none."""
    try:
        for size, data in sizes.items():
            _write(key, size, data)
    except OSError as error:
        _log.exception("a file could not be written under %s", _root())
        for size in sizes:
            path = _path(key, size)
            for left in (path, path.with_suffix(".part")):
                with suppress(OSError):
                    left.unlink()
        raise NoRoom(
            _("No podemos guardar fotos en este momento. Siga sin ellas, o pruebe más tarde.")
        ) from error


def _write(key: UUID, size: str, data: bytes) -> None:
    """Whole or not at all: written aside, flushed to the disk, then renamed."""
    path = _path(key, size)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    with aside.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
