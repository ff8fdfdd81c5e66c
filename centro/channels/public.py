"""What may be said where everybody reads: nothing about anybody."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from centro.channels.models import Identity
from centro.kernel.errors import Invalid
from centro.kernel.privacy import find_personal
from centro.kernel.text import fold

# The number of a case, an access code, any telephone longer than 3-1-1.
_OURS = re.compile(
    r"\b311[\s.\-–—]*\d{8,12}[\s.\-–—]*\d\b"
    r"|\b[0-9A-Z]{4}[-–—][0-9A-Z]{4}\b"
    r"|(?<![\w-])(?:\+?507[\s.-]*)?\d{3,4}[\s.-]?\d{4}(?![\w-])"
)
_SHORTEST_NAME = 3


def require_public(text: str, identity: Identity | None = None) -> str:
    """A text that everybody may read, in clean. Raises Invalid for one that tells of a person.

    No cédula, mail, telephone, number or code of a case; and no word of the name of the one it
    answers, who may have written under another.
    """
    clean = text.replace("\x00", "").strip()
    if not clean:
        raise Invalid(_("Escriba la respuesta."))
    ours = _OURS.search(clean)
    found = find_personal(clean) or (ours[0] if ours else "") or _name_in(clean, identity)
    if found:
        raise Invalid(
            _(
                "Esta respuesta la lee todo el mundo: quite «%(what)s» e invite a escribir por "
                "mensaje privado."
            )
            % {"what": found}
        )
    return clean


def _name_in(text: str, identity: Identity | None) -> str:
    if identity is None:
        return ""
    person = identity.person.name if identity.person else ""
    names = {w for w in fold(f"{identity.name} {person}").split() if len(w) >= _SHORTEST_NAME}
    return next((word for word in re.findall(r"\w+", text) if fold(word) in names), "")
