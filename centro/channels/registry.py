"""Finds the channels: every module in adapters/ holds one, named CHANNEL."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from centro.channels import adapters
from centro.channels.channel import Channel
from centro.kernel.errors import NotFound


@cache
def all_channels() -> Mapping[str, Channel]:
    found: dict[str, Channel] = {}
    for info in pkgutil.iter_modules(adapters.__path__, f"{adapters.__name__}."):
        channel: Channel = importlib.import_module(info.name).CHANNEL
        found[channel.kind] = channel
    return found


def get_channel(kind: str) -> Channel:
    """The channel of that kind; raises NotFound."""
    try:
        return all_channels()[kind]
    except KeyError:
        raise NotFound(f"No hay canal «{kind}».") from None
