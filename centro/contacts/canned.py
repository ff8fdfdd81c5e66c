"""Ready answers: which blanks they may have, and what fills them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.contacts.models import CannedReply
from centro.kernel.errors import Invalid

_BLANK = re.compile(r"\{([^{}\n]{0,40})\}")
LONGEST = 3000
# Blank → what it stands for, as the page that writes the answers explains it.
BLANKS: Mapping[str, Promise] = {
    "nombre": gettext_lazy("El nombre de la persona"),
    "numero": gettext_lazy("El número del caso"),
    "enlace": gettext_lazy("La dirección para seguir el caso"),
    "entidad": gettext_lazy("La entidad que atiende el caso"),
    "servicio": gettext_lazy("El tipo de servicio del caso"),
    "operador": gettext_lazy("Quien responde"),
}


def faults_of(body: str) -> list[str]:
    """What is wrong with a ready answer; empty when it can be used."""
    if not body.strip():
        return [_("Escriba el texto.")]
    faults = []
    if len(body) > LONGEST:
        faults.append(_("El texto es muy largo: como máximo %(n)s letras.") % {"n": LONGEST})
    unknown = sorted(set(_BLANK.findall(body)) - set(BLANKS))
    faults += [_("El espacio {%(blank)s} no existe.") % {"blank": blank} for blank in unknown]
    if _BLANK.sub("", body).count("{") + _BLANK.sub("", body).count("}"):
        faults.append(_("Hay una llave suelta: los espacios se escriben {así}."))
    return faults


def fill(body: str, values: Mapping[str, str]) -> str:
    """The text with what is known in its blanks; what is not known stays as a blank to be seen."""
    return _BLANK.sub(lambda found: values.get(found[1]) or found[0], body)


def left_open(text: str) -> list[str]:
    """The blanks that nobody filled in; such a text must not leave."""
    return [blank for blank in _BLANK.findall(text) if blank in BLANKS]


@transaction.atomic
def save_reply(*, reply: CannedReply, user: User) -> CannedReply:
    """Keep a ready answer. Raises Invalid for unknown blanks, or a name that is taken."""
    reply.name = " ".join(reply.name.split())
    reply.body = reply.body.replace("\x00", "").strip()
    faults = faults_of(reply.body) if reply.name else [_("Escriba un nombre.")]
    if faults:
        raise Invalid(" ".join(faults))
    same = CannedReply.objects.filter(
        name=reply.name, language=reply.language, agency=reply.agency
    ).exclude(pk=reply.pk)
    if same.exists():
        raise Invalid(_("Ya hay una respuesta con ese nombre en ese idioma."))
    reply.changed_by = user
    reply.save()
    return reply
