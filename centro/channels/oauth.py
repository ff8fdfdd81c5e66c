"""Calls signed in the name of an account by OAuth 1.0a (RFC 5849) with HMAC-SHA1.

Bodies of JSON are not part of what is signed (3.4.1.3.1), so the signature covers the method, the
address without its query, the parameters of the query, and those of OAuth.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha1
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True, slots=True)
class Keys:
    """What an application and an account sign with."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    token: str
    token_secret: str = field(repr=False)


def authorization(method: str, url: str, keys: Keys, *, nonce: str = "", timestamp: int = 0) -> str:
    """The value of the Authorization header of one call; nonce and moment are new if not given."""
    given = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce or secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(timestamp or int(time.time())),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    given["oauth_signature"] = signature(method, url, given, keys)
    return "OAuth " + ", ".join(f'{_code(k)}="{_code(v)}"' for k, v in sorted(given.items()))


def signature(
    method: str,
    url: str,
    given: dict[str, str],
    keys: Keys,
    form: tuple[tuple[str, str], ...] = (),
) -> str:
    """The signature over a call (RFC 5849, 3.4); `form` are the fields of a body that is a form."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *given.items(), *form]
    joined = "&".join(f"{k}={v}" for k, v in sorted((_code(k), _code(v)) for k, v in pairs))
    address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    base = "&".join(_code(part) for part in (method.upper(), address, joined))
    key = f"{_code(keys.consumer_secret)}&{_code(keys.token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), sha1).digest()).decode()


def _code(text: str) -> str:
    return quote(text, safe="-._~")
