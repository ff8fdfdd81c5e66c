"""Which files are kept as they came: what their bytes say they are, and nothing that runs."""

from __future__ import annotations

import zipfile
from io import BytesIO

from django.utils.translation import gettext as _

from centro.kernel.errors import Invalid

LARGEST = 12 * 1024 * 1024
_LARGEST_UNPACKED = 100 * 1024 * 1024
_MOST_INSIDE = 2000
# Text documents and sheets are archives; the name of one file inside says which.
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_OFFICE = "application/vnd.oasis.opendocument."
# What the first bytes say.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
)
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def is_image(data: bytes) -> bool:
    """Whether the bytes begin as a photo of a format that `keep_photo` reads."""
    return data.startswith(_IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def kind_of(data: bytes) -> str:
    """The media type of a document that is kept; raises Invalid for any other, or a harmful one."""
    if not data:
        raise Invalid(_("El archivo está vacío."))
    if len(data) > LARGEST:
        raise Invalid(
            _("El archivo pesa demasiado: use uno de menos de %(n)s MB.") % {"n": LARGEST >> 20}
        )
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:11] == b"M4A" else "video/mp4"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if _is_text(data):
        return "text/plain"
    raise _unknown()


def _unknown() -> Invalid:
    return Invalid(
        _("No guardamos archivos de ese tipo. Envíe fotos, PDF, documentos, hojas, audio o texto.")
    )


def _office(data: bytes) -> str:
    """The type of a document that is an archive; its inside is looked at without unpacking it."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            inside = archive.infolist()
            names = {each.filename for each in inside}
            first = inside[0].filename if inside else ""
            mimetype = archive.read(first)[:100].decode() if first == "mimetype" else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _unknown() from error
    if len(inside) > _MOST_INSIDE or sum(each.file_size for each in inside) > _LARGEST_UNPACKED:
        raise Invalid(_("El archivo se despliega en demasiado: no se guarda."))
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Invalid(_("El documento trae programas (macros): no se guarda."))
    for name, kind in _OFFICE.items():
        if name in names:
            return kind
    if mimetype.startswith(_OPEN_OFFICE):
        return mimetype.strip()[:100]
    raise _unknown()


def _is_text(data: bytes) -> bool:
    """Whether it is plain text that says nothing to a browser."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    return not start.startswith(("<", "#!", "mz")) and all(
        c.isprintable() or c in "\t\r\n" for c in text
    )
