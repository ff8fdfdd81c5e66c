"""Keys for one purpose each, derived from one that is kept outside the database."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=16)
def derived(key: bytes, purpose: str) -> bytes:
    """32 bytes for this purpose alone (HKDF-SHA256, RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"centro.{purpose}".encode())
    return derivation.derive(key)


def cipher(key: bytes, purpose: str) -> Fernet:
    """What seals and unseals for this purpose."""
    return Fernet(urlsafe_b64encode(derived(key, purpose)))
