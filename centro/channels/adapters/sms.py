"""Texts of telephones (SMS), by the gateway that the account names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from centro.channels.channel import (
    Access,
    Call,
    Channel,
    DeliveryError,
    Download,
    Field,
    Forged,
    Item,
    Outgoing,
    Way,
    Ways,
)
from centro.channels.gateways.gateway import Gateway, phone_of
from centro.channels.gateways.kannel import Kannel
from centro.channels.gateways.twilio import Twilio

GATEWAYS: Mapping[str, Gateway] = {"kannel": Kannel(), "twilio": Twilio()}


_GATEWAYS = (("kannel", _("Kannel")), ("twilio", _("Twilio")))


class Sms(Channel):
    kind = "sms"
    label = _("SMS")
    fields = (
        Field("gateway", _("Pasarela"), default="kannel", choices=_GATEWAYS),
        Field("username", _("Usuario de sendsms (Kannel), o Account SID (Twilio)")),
        Field("password", _("Contraseña de sendsms (Kannel), o Auth Token (Twilio)"), secret=True),
        Field("url", _("Dirección de sendsms"), required=False),
        Field(
            "token", _("Clave con que llama Kannel (letras y cifras)"), secret=True, required=False
        ),
    )
    ways = (
        Ways(
            "gateway",
            _("Por qué pasarela"),
            (
                Way(
                    "kannel",
                    _GATEWAYS[0][1],
                    _("La pone su propia institución, unida a la telefónica."),
                    ("url", "token"),
                    ("token",),
                ),
                Way("twilio", _GATEWAYS[1][1], _("Una empresa que lo hace por internet.")),
            ),
            option="gateway",
        ),
    )
    brief = True
    guides = True
    reports = True
    largest = 64 * 1024

    def verify(self, access: Access, call: Call) -> None:
        gateway = _gateway(access)
        if gateway is None:
            raise Forged("no gateway")
        gateway.verify(access, call)

    def parse(self, access: Access, headers: Mapping[str, str], body: bytes) -> list[Item]:
        return _known(access).parse(access, headers, body)

    def reply(self, access: Access) -> tuple[str, str]:
        return _known(access).reply(access)

    def send(self, access: Access, message: Outgoing) -> str:
        if not phone_of(message.address):
            raise DeliveryError(f"not a telephone: {message.address!r}", permanent=True)
        return _known(access).send(access, message)

    def fetch(self, access: Access, ref: str) -> Download:
        return _known(access).fetch(access, ref)

    def ids_since(self, access: Access, since: datetime) -> frozenset[str] | None:
        return _known(access).ids_since(access, since)


def _gateway(access: Access) -> Gateway | None:
    return GATEWAYS.get(access.options.get("gateway", ""))


def _known(access: Access) -> Gateway:
    gateway = _gateway(access)
    if gateway is None:
        # Somebody will repair the account: nothing is given up until then.
        raise DeliveryError(f"no gateway named {access.options.get('gateway')!r}")
    return gateway


CHANNEL = Sms()
