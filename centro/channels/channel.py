"""What a channel is. To add one, write one file in adapters/ that ends in `CHANNEL = …`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as an adapter gets it. `key` is ours and stable: the same for every attempt."""

    key: int
    address: str
    subject: str
    body: str
    html: str


class DeliveryError(Exception):
    """The provider did not take the message; a permanent one is not tried again."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Channel(ABC):
    """One way out of the centre. It moves text and knows nothing about cases."""

    kind: ClassVar[str]
    label: ClassVar[str | Promise]

    @abstractmethod
    def send(self, message: Outgoing) -> str:
        """Send, and return the provider's id. Raise DeliveryError; never return on failure."""
