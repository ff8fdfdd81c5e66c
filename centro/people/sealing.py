"""Identity numbers: an HMAC to find them, ciphertext to show them, under a key outside the database."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

from centro.kernel.sealing import cipher, derived


def index_of(document: str) -> str:
    """The HMAC-SHA256 under which a document is found, in hexadecimal."""
    key = derived(settings.PERSON_KEY, "people.index")
    return hmac.new(key, document.encode(), hashlib.sha256).hexdigest()


def seal(document: str) -> bytes:
    """The document as ciphertext (Fernet)."""
    return cipher(settings.PERSON_KEY, "people.seal").encrypt(document.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """The document again; raises InvalidToken when the key is not the one it was sealed under."""
    return cipher(settings.PERSON_KEY, "people.seal").decrypt(bytes(sealed)).decode()
