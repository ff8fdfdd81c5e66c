"""Asking an antivirus, where the site has one (ClamAV, by its INSTREAM protocol)."""

from __future__ import annotations

import logging
import socket
import struct

from django.conf import settings
from django.utils.translation import gettext as _

from centro.kernel.errors import Invalid, NoRoom

_CHUNK = 64 * 1024
_PATIENCE = 20.0
_log = logging.getLogger(__name__)


def scan(data: bytes) -> None:
    """Raise Invalid for what the antivirus knows as harmful, NoRoom when it does not answer.

    Without one configured, the type and size of a file must do (see `documents`).
    """
    if not settings.CLAMAV:
        return
    try:
        said = _ask(data)
    except OSError as error:
        _log.exception("the antivirus does not answer")
        raise NoRoom(_("No podemos revisar archivos en este momento. Pruebe más tarde.")) from error
    if said.endswith("FOUND"):
        _log.warning("the antivirus found %s", said)
        raise Invalid(_("El antivirus encontró algo dañino en el archivo: no se guarda."))
    if not said.endswith("OK"):
        raise NoRoom(_("No podemos revisar archivos en este momento. Pruebe más tarde."))


def _ask(data: bytes) -> str:
    """`zINSTREAM`: chunks, each with its length before it; a length of nothing ends it (clamd(8))."""
    host, _colon, port = settings.CLAMAV.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=_PATIENCE) as server:
        server.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), _CHUNK):
            chunk = data[start : start + _CHUNK]
            server.sendall(struct.pack("!L", len(chunk)) + chunk)
        server.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _CHUNK:
            more = server.recv(_CHUNK)
            if not more:
                break
            answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
