"""The ways in which a person reaches the centre, in words."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Way(TextChoices):
    """What an operator may write down as the channel of a contact."""

    PHONE = "phone", _("Teléfono 3-1-1")
    WALK_IN = "walk_in", _("En persona")
    EMAIL = "email", _("Correo electrónico")
    SOCIAL = "social", _("Redes sociales")
    MESSAGE = "message", _("Mensajería")
    PRESS = "press", _("Prensa")


# Ways that need nobody at the desk; they are only named here.
_OTHERS: dict[str, Promise] = {
    "web": _("Formulario web"),
    "open311": _("API Open311"),
    "sms": _("SMS"),
    "whatsapp": _("WhatsApp"),
    "telegram": _("Telegram"),
    "facebook": _("Facebook"),
    "x": _("X"),
    "chat": _("Chat del sitio"),
}
# Every channel that a case or a contact may have come by.
CHANNELS: tuple[str, ...] = (*Way.values, *_OTHERS)


def name_of(channel: str) -> str:
    """A channel in words; one that nobody named stays as it is."""
    if channel in Way.values:
        return str(Way(channel).label)
    return str(_OTHERS.get(channel, channel))
