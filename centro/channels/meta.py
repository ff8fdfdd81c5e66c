"""The manners that WhatsApp and Facebook share: how Meta asks, signs, is asked, and refuses."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings

from centro.channels.channel import Access, Call, DeliveryError
from centro.channels.http import Answer, ask
from centro.channels.parsing import Json, inner, require_hmac, text_of

_PAUSE = timedelta(minutes=1)


def challenge(access: Access, call: Call) -> str | None:
    """The answer to Meta's question whether we are there; only to whoever knows our token."""
    asked, ours = call.query.get("hub.verify_token", ""), access.secrets.get("verify_token", "")
    known = ours and hmac.compare_digest(asked.encode(), ours.encode())
    if call.query.get("hub.mode") == "subscribe" and known:
        return call.query.get("hub.challenge", "")
    return None


def verify(access: Access, call: Call) -> None:
    """Raise Forged unless the call is signed with the secret of our application."""
    given = call.headers.get("x-hub-signature-256", "")
    require_hmac(access.secrets.get("app_secret", ""), call.body, given)


def bearer(access: Access) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.secrets.get('token', '')}"}


def graph(
    access: Access, method: str, path: tuple[str, ...], payload: Mapping[str, object] | None = None
) -> Answer:
    """Ask the Graph API about a thing; each part of the path is an id or a plain word."""
    url = "/".join([settings.META_URL, *(quote(part, safe="") for part in path)])
    return ask(method, url, headers=bearer(access), json=payload)


def error_of(answer: Answer) -> Json:
    return inner(answer.data, "error")


def error_text(error: Json) -> str:
    details = text_of(inner(error, "error_data"), "details")
    said = text_of(error, "message") or text_of(error, "title")
    return f"{text_of(error, 'code')}: {details or said}"


def refusal(
    answer: Answer,
    *,
    too_many: AbstractSet[int],
    curable: AbstractSet[int],
    final: AbstractSet[int] = frozenset(),
) -> DeliveryError:
    """What a refusal means by its code: a wait, another attempt, or no. `final`: subcodes that mean no."""
    error = error_of(answer)
    if not error:
        return DeliveryError(f"refused without a reason ({answer.status})")
    code = error.get("code")
    worth = code in too_many or code in curable
    if error.get("error_subcode") in final:
        worth = False
    wait = _PAUSE if code in too_many else None
    return DeliveryError(error_text(error), permanent=not worth, wait=wait)
