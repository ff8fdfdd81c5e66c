"""What we make of each thing that the networks publish they send; the calls lie in payloads/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from centro.channels.channel import Access, Broken, Change, Incoming, Item, Rejected, Report
from centro.channels.registry import get_channel
from tests.channels.networks import PROVIDERS

PAYLOADS = Path(__file__).parent / "payloads"
ACCESS = {
    kind: Access(
        1,
        kind,
        {"facebook": "113110311311311", "x": "3110311"}.get(kind, ""),
        {"phone_number_id": "106540352242922"},
    )
    for kind in (provider.kind for provider in PROVIDERS)
}


def read(kind: str, name: str) -> list[Item]:
    body = (PAYLOADS / kind / f"{name}.json").read_bytes()
    return get_channel(kind).parse(ACCESS[kind], {}, body)


def said(item: Item) -> str:
    """What there is to know of it, in one line."""
    match item:
        case Incoming():
            who = item.sender.phone or item.sender.handle or item.sender.id
            more = [
                item.nature,
                "public" if item.public else "",
                f"at {item.lat},{item.lon}" if item.lat is not None else "",
                *(f"answers {ref}" for ref in item.references),
                *(f"file {part.ref or part.name}" for part in item.parts),
            ]
            return " | ".join([f"{who}: {item.text}", *filter(None, more)])
        case Report():
            of = item.id or f"all to {item.recipient}"
            return f"{of} is {item.status}" + (f" ({item.error[:6]})" if item.error else "")
        case Change():
            return f"{item.id} → {item.text}"
        case Rejected():
            return f"no: {item.reason}"
        case Broken():
            return f"broken: {item.reason}"


PLACE = "geo:9.008450,-79.514720"
AT = "at 9.00845,-79.51472"
WHATSAPP = {
    "text": "+50760000001: No hay agua en Bethania",
    "text_reply": "+50760000001: Sí, ya volvió | answers wamid.ours",
    "image": "+50760000001: Así está la calle | file 1003383421387256",
    "audio": "+50760000001:  | file 1908647269898587",
    "document": "+50760000001: La carta | file 1376223850470843",
    "video": "+50760000001:  | file 1166846181421424",
    "sticker": "+50760000001:  | file 798882015472548",
    "location": f"+50760000001: Ubicación: {PLACE} (Parque Andrés Bello, Vía Argentina) | {AT}",
    "button": "+50760000001: Sí, se resolvió | answers wamid.ours",
    "interactive_button": "+50760000001: No, sigue igual | answers wamid.ours",
    "interactive_list": "+50760000001: Agua",
    "reaction": "+50760000001: 👍 | automatic | answers wamid.ours",
    "reaction_removed": "no: Retiró una reacción.",
    "contacts": "+50760000001: Contacto: Luis Gómez +507 6000-0002",
    "unsupported": "+50760000001: Envió algo que WhatsApp no nos entrega (unsupported).",
    "changed_number": "+50760000001: Ana Pérez changed from 50760000001 to 50760000009 | automatic",
    "without_telephone": "anap: Escribo sin mostrar mi número",
    "edit": "wamid.HBgLtext → No hay agua en Betania",
    "revoke": "wamid.HBgLtext → None",
    "status_delivered": "wamid.ours is delivered",
    "status_failed": "wamid.ours is failed (131047)",
    "echo_of_the_app": "50760000001: Respondido desde el teléfono | own",
    "account_error": "no: 130429: Too many messages",
    "batch": "+50760000001: Uno\n+50760000001: Dos\nwamid.ours is read",
    "other_number": "no: Es de otro número: 999.",
}
ANA = "700000000000001"
FACEBOOK = {
    "text": f"{ANA}: Buenas, hay un hueco",
    "reply": f"{ANA}: Sí | answers m_ours",
    "image": f"{ANA}:  | file https://scontent.xx.fbcdn.net/v/t1/foto.jpg?oh=1&oe=2",
    "location": f"{ANA}: Ubicación: {PLACE} | {AT}",
    "shared_link": f"{ANA}: Miren\nNoticia http://169.254.169.254/latest/",
    "postback": f"{ANA}: Empezar",
    "echo": f"{ANA}: Contestado desde la bandeja de la página | own",
    "echo_of_ours": "no: Eco de un mensaje nuestro.",
    "delivery": f"m_ours is delivered\nall to {ANA} is delivered",
    "read": f"all to {ANA} is read",
    "edit": "m_1 → Buenas, hay un hueco enorme",
    "reaction": f"{ANA}: 👍 | automatic | answers m_ours",
    "comment": f"comment:{ANA}: Llevamos tres días sin agua | public",
    "comment_reply": f"comment:{ANA}: A mí también | public | answers 9001_77",
    "comment_edited": "9001_77 → Llevamos cuatro días sin agua",
    "comment_removed": "9001_77 → None",
    "comment_hidden": "no: Aviso «comment hide».",
    "comment_of_ours": "113110311311311: Escríbanos por privado | own | public | answers 9001_77",
    "post_of_ours": "no: Aviso «status add».",
    "post_of_a_visitor": f"comment:{ANA}: ¿Cuándo arreglan la luz? | public",
    "like": "no: Aviso «feed reaction».",
    "other_page": "no: Es de otra página: 1.",
}
X = {
    "mention": "anap: @Centro311 hay basura en la Calle 50 & huele | public",
    "long_mention": "anap: @Centro311 es largo y sigue hasta el final | public"
    " | file https://pbs.twimg.com/media/a.jpg",
    "reply_to_us": "anap: Gracias | public | answers 1999999",
    "with_place": "anap: @Centro311 hay basura en la Calle 50 & huele\n"
    f"Ubicación: {PLACE} | public | {AT}",
    "retweet": "no: Solo repite otra publicación.",
    "not_for_us": "no: No se dirige a nosotros.",
    "ours": "no: Es una publicación nuestra.",
    "our_answer": "880001: Escríbanos | own | public | answers 2000001",
    "deleted": "2000001 → None",
    "direct": "anap: Buenas, vivo en <Pedregal>",
    "direct_with_picture": "anap: Miren https://t.co/x"
    " | file https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg",
    "direct_of_ours": "anap: Ya vamos. | own",
    "seen": "all to 880001 is read",
    "typing": "no: Aviso «direct_message_indicate_typing_events».",
    "liked": "no: Aviso «favorite_events».",
    "other_account": "no: Es de otra cuenta: 9.",
}
TELEGRAM = {
    "text": "anap: Se fue la luz",
    "reply": "anap: Sí | answers 900001:360",
    "photo": "anap: El poste | file large",
    "document": "anap:  | file doc1",
    "voice": "anap:  | file voz1",
    "location": f"anap: Ubicación: {PLACE} | {AT}",
    "venue": f"anap: Ubicación: {PLACE} (Parque Andrés Bello, Vía Argentina) | {AT}",
    "contact": "anap: Contacto: Luis Gómez 50760000002",
    "poll": "anap: Envió algo que no podemos mostrar.",
    "edited": "900001:365 → Se fue la luz en toda la calle",
    "button": "900001: Sí | answers 900001:361",
    "blocked": "no: La persona bloqueó al bot.",
    "channel_post": "no: Aviso «channel_post».",
    "group": "no: No es una conversación privada con el bot.",
    "of_a_bot": "900001: Respuesta automática | automatic",
}
TABLE = {"whatsapp": WHATSAPP, "facebook": FACEBOOK, "x": X, "telegram": TELEGRAM}
EVERY = [(kind, name, line) for kind, lines in TABLE.items() for name, line in lines.items()]


@pytest.mark.parametrize(("kind", "name", "expected"), EVERY)
def test_it_is_read_as_its_provider_means_it(kind, name, expected):
    assert "\n".join(map(said, read(kind, name))) == expected


def test_every_captured_call_is_in_the_table():
    there = {(path.parent.name, path.stem) for path in PAYLOADS.glob("*/*.json")}
    assert there >= {(kind, name) for kind, name, _line in EVERY}
    ours = {(kind, name) for kind, name in there if kind in TABLE}
    assert ours == {(kind, name) for kind, name, _line in EVERY}


@pytest.mark.parametrize(("kind", "name", "expected"), EVERY)
def test_no_field_that_is_missing_or_odd_breaks_the_reader(kind, name, expected):
    """Each value in turn is gone, nothing, or of another kind."""
    whole = json.loads((PAYLOADS / kind / f"{name}.json").read_text())
    for odd in spoilt_everywhere(whole):
        body = json.dumps(odd).encode()
        try:
            items = get_channel(kind).parse(ACCESS[kind], {}, body)
        except Exception as error:
            assert type(error).__name__ == "Unreadable"  # noqa: PT017 any other would be a fault
        else:
            assert all(isinstance(item, Item) for item in items)


def spoilt_everywhere(value: object) -> list[object]:
    """Copies of it, each with one value replaced."""
    odd: list[object] = [None, 7, "x", [], {}, [None], {"a": 1}]
    if isinstance(value, dict):
        odd += [{k: v for k, v in value.items() if k != gone} for gone in value]
        odd += [{**value, k: other} for k, v in value.items() for other in spoilt_everywhere(v)]
    elif isinstance(value, list):
        odd += [[*value[:n], other, *value[n + 1 :]] for n, v in enumerate(value)
                for other in spoilt_everywhere(v)]  # fmt: skip
    return odd
