"""Identity numbers: an HMAC to find them, ciphertext to show them, under a key outside the database."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def index_of(document: str) -> str:
    """The HMAC-SHA256 under which a document is found, in hexadecimal."""
    return hmac.new(_derived(b"index"), document.encode(), hashlib.sha256).hexdigest()


def seal(document: str) -> bytes:
    """The document as ciphertext (Fernet)."""
    return _cipher().encrypt(document.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The document again; raises InvalidToken when the key is not the one it was sealed under."""
    return _cipher().decrypt(bytes(sealed)).decode()


def _cipher() -> Fernet:
    return Fernet(urlsafe_b64encode(_derived(b"seal")))


@lru_cache(maxsize=4)
def _derived(purpose: bytes) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"centro.people." + purpose)
    return derivation.derive(settings.PERSON_KEY)
