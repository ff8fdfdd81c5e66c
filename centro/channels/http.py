"""How adapters speak HTTP: limits of time and size, no redirects, one meaning for each fault.

What goes wrong is told without addresses: some providers want their token in them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from centro.channels.channel import DeliveryError, Download
from centro.kernel.clock import now

_CONNECT, _READ = 5.0, 20.0
# For all of an answer: whoever sends a byte a second must not hold a worker.
_WHOLE = 60.0
_LARGEST_ANSWER = 1024 * 1024
_CHUNK = 64 * 1024
_LONGEST_WAIT = timedelta(hours=12)
_TOO_MANY, _FAULTS = 429, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered to a call: never a redirect, never a fault of its servers."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def data(self) -> Mapping[str, Any]:
        """The object in its body; empty when there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


Wait = Callable[[Answer], timedelta | None]


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
    wait: Wait | None = None,
) -> Answer:
    """Call a provider. Raises DeliveryError, not permanent, for what another attempt may cure.

    That is: no connection, no time, too many calls, a fault over there. A refusal is an Answer:
    what it means, each provider's codes say. `wait` reads how long too many calls have to wait
    where the provider does not say it in Retry-After.
    """
    answer = _call(method, url, headers or {}, json, _LARGEST_ANSWER)
    if answer.status == _TOO_MANY:
        asked = (wait(answer) if wait else None) or retry_after(answer)
        raise DeliveryError(_said(url, "too many calls (429)"), wait=asked)
    if answer.status >= _FAULTS:
        raise DeliveryError(_said(url, f"a fault ({answer.status})"), wait=retry_after(answer))
    if answer.status >= 300 and answer.status < 400:
        raise DeliveryError(_said(url, f"a redirect ({answer.status}), which is not followed"))
    return answer


def download(
    url: str, *, hosts: Sequence[str], most: int, headers: Mapping[str, str] | None = None
) -> Download:
    """A file from one of the hosts (or a part of one: `.fbcdn.net`). Raises DeliveryError.

    Only by https, unless it is the very server that the site's settings name.
    """
    parts = urlsplit(url)
    here = parts.netloc in hosts
    known = here or (parts.scheme == "https" and _belongs(parts.hostname or "", hosts))
    if not known:
        raise DeliveryError("a file from an unknown place is not fetched", permanent=True)
    answer = _call("GET", url, headers or {}, None, most)
    if answer.status == _TOO_MANY or answer.status >= _FAULTS:
        raise DeliveryError(_said(url, f"{answer.status}"), wait=retry_after(answer))
    if not answer.ok:
        # What opens the account can be repaired; an address that has expired cannot.
        repairable = bool(headers) and answer.status in {401, 403}
        raise DeliveryError(_said(url, f"{answer.status}"), permanent=not repairable)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    return Download(answer.body, media_type)


def retry_after(answer: Answer) -> timedelta | None:
    """What Retry-After asks for: seconds or a date (RFC 9110, 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return in_seconds(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return _bounded(moment.replace(tzinfo=moment.tzinfo or UTC) - now())


def in_seconds(value: object) -> timedelta | None:
    """A wait of so many seconds, within reason."""
    try:
        seconds = float(str(value)[:20])
    except ValueError:
        return None
    return _bounded(timedelta(seconds=seconds)) if 0 < seconds < 10**9 else None


def until_epoch(value: object) -> timedelta | None:
    """A wait until a moment given in seconds since 1970."""
    try:
        moment = datetime.fromtimestamp(float(str(value)[:20]), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return _bounded(moment - now())


def _bounded(wait: timedelta) -> timedelta | None:
    return min(wait, _LONGEST_WAIT) if wait > timedelta() else None


def _belongs(host: str, hosts: Sequence[str]) -> bool:
    return any(host == each or (each.startswith(".") and host.endswith(each)) for each in hosts)


def _call(
    method: str, url: str, headers: Mapping[str, str], data: Mapping[str, object] | None, most: int
) -> Answer:
    try:
        with requests.request(
            method,
            url,
            headers=dict(headers),
            json=data,
            auth=_as_it_is,
            timeout=(_CONNECT, _READ),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(response, url, most)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, found, body)
    except (requests.RequestException, OSError) as error:
        # Not its words: they hold the address, and some addresses hold a token.
        raise DeliveryError(_said(url, type(error).__name__)) from None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps a .netrc of the machine from replacing what opens the account."""
    return request


def _read(response: requests.Response, url: str, most: int) -> bytes:
    ends = time.monotonic() + _WHOLE
    whole = bytearray()
    for chunk in response.iter_content(_CHUNK):
        whole += chunk
        if len(whole) > most:
            raise DeliveryError(_said(url, "too large an answer"), permanent=True)
        if time.monotonic() > ends:
            raise DeliveryError(_said(url, "too slow an answer"))
    return bytes(whole)


def _said(url: str, what: str) -> str:
    return f"{urlsplit(url).hostname}: {what}"
