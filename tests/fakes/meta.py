"""What both of Meta's fakes share: the key of the application, and how it refuses."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NoReturn

from tests.fakes.provider import Asked, Provider, RefusedError, Reply

TOKEN, APP_SECRET, VERIFY = "EAAG-token", "app-secret", "verify-me"
SECRETS = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY}


def refuse(code: int, why: str, status: int = 400, subcode: int | None = None) -> NoReturn:
    error: dict[str, Any] = {"message": why, "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    raise RefusedError(status, {"error": error}, why)


class Meta(Provider):
    """A provider that is asked by the Graph API."""

    setting = "META_URL"

    def sign(self, body: bytes) -> dict[str, str]:
        digest = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}

    def require_token(self, asked: Asked) -> None:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            refuse(190, "Error validating access token", 401)

    def too_many(self, seconds: int) -> Reply:
        error = {"message": "Rate limit hit", "code": 130429, "type": "OAuthException"}
        return Reply(429, {"error": error}, {"Retry-After": str(seconds)})
