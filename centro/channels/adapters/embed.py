"""The short form that an entity shows on its own site: an account says which sites may show it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from centro.channels.channel import Access, Channel, DeliveryError, Field, Outgoing


class Embed(Channel):
    kind = "embed"
    label = _("Formulario en otro sitio")
    fields = (
        Field("origins", _("Sitios que pueden mostrarlo, separados por espacios (https://…)")),
    )

    def send(self, access: Access, message: Outgoing) -> str:
        raise DeliveryError("nothing leaves by a form", permanent=True)


CHANNEL = Embed()
