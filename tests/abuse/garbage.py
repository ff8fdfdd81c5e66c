"""What programs, curious people and broken telephones send: requests of every kind of wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus

from hypothesis import strategies as st

from tests.abuse.world import Field

FORM = "application/x-www-form-urlencoded"
_BOUNDARY = "frontera"
_SOON = st.dates().map(str)
ODD_TEXTS = st.one_of(
    st.text(max_size=60),  # any characters, NUL among them; surrogates are added below
    st.sampled_from([
        "", " ", "\x00", "a\x00b", "\ud800", "\udfff" * 9, "x" * 5_001, "ñ" * 70_000, "٣٤", "-1",
        "9" * 40, "1e309", "nan", "inf", "-0", "0x10", "1_000", "true", "null", "[]", "{}", "''",
        "../../etc/passwd", "<script>alert(1)</script>", "%s%n", "%(n)s", "{0}", "${7*7}", "'; --",
        "\u202eoremun", "a\r\nSet-Cookie: b=c", "٠١/٠٢/٢٠٢٦", "2026-02-30", "0001-01-01",
        "9999-12-31", "10000-01-01", "00000000-0000-0000-0000-000000000000", "12:34:56", "12:", ":",
        "311-00000001-0", "311-99999999999-9", "+5076", "@", "a@b", "a@" + "b" * 300, "🙂" * 300,
        "\ufeff", "\u200b\u200b", "\n" * 50,
    ]),
)  # fmt: skip
# Percent-encoding that stands for no character, and some that is no encoding.
RAW = st.one_of(
    st.binary(max_size=30).map(quote_from_bytes),
    st.sampled_from(["%", "%zz", "%00", "%ff%fe", "%ed%a0%80", "+", "&", "=", ";", "%u0041"]),
)
CONTENT_TYPES = st.sampled_from([
    FORM, f"{FORM}; charset=latin-1", f"{FORM}; charset=idna", f"{FORM}; charset=rot13",
    f"{FORM}; charset=", "multipart/form-data", "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={'x' * 300}", "multipart/form-data; boundary=ñ",
    f"multipart/form-data; boundary={_BOUNDARY}; charset=rot13",
    f"multipart/form-data; boundary={_BOUNDARY}; charset=utf-7",
    f"multipart/form-data; boundary={_BOUNDARY}; charset=utf-32",
    "application/json", "text/plain", "text/plain; charset=zlib", "image/jpeg", "", ";", "a/b/c",
    "multipart/mixed; boundary=x", "application/xml",
])  # fmt: skip
COOKIES = st.dictionaries(
    st.sampled_from(["sessionid", "csrftoken", "messages", "django_language", "provincia", "x"]),
    st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80),
        st.sampled_from([
            '"aaaaaaaaaaaaaaaa\\000aaaaaaaaaaaaaaaa"', '"\\377\\376"', "es\\000", '"', "x" * 4000,
            '["__json_message",0,25,"x"]', "a" * 32, "e30:1abcde:", "zh-Hant-TW" * 60,
        ]),
    ),
    max_size=3,
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """A body and what it claims to be."""

    body: bytes
    content_type: str = FORM
    headers: dict[str, str] = field(default_factory=dict)


@st.composite
def honest_values(draw: st.DrawFn, box: Field) -> str:
    """What a person might put into this box, right or nearly so."""
    if box.kind == "date":
        return draw(_SOON)
    if box.kind in {"hidden", "radio", "checkbox", "select", "button", "submit"}:
        return draw(st.sampled_from(box.values or ("",)))
    fitting = [v for v in box.values if v]
    return draw(st.sampled_from([*fitting, "Un texto como los que la gente escribe", "66123456"]))


@st.composite
def bodies(draw: st.DrawFn, boxes: list[Field], others: list[Field]) -> Sent:
    """A form with most of its boxes honest, so that garbage gets past the first check too."""
    wrong = draw(st.floats(0, 1)) ** 2
    pairs: list[tuple[str, Any]] = []
    for box in boxes:
        fate = draw(st.floats(0, 1))
        if fate > 0.95:
            continue
        for _ in range(3 if fate > 0.9 else 1):
            odd = draw(st.floats(0, 1)) < wrong
            pairs.append((box.name, draw(ODD_TEXTS if odd else honest_values(box))))
    strange = draw(st.lists(st.sampled_from(others), max_size=3)) if others else []
    pairs += [(box.name, draw(ODD_TEXTS)) for box in strange]
    if draw(st.booleans()):
        return _urlencoded(draw, pairs, wrong)
    return _multipart(draw, pairs, [b.name for b in boxes if b.kind == "file"], wrong)


def _urlencoded(draw: st.DrawFn, pairs: list[tuple[str, str]], wrong: float) -> Sent:
    parts = [f"{quote_plus(name)}={_quoted(value)}" for name, value in pairs]
    if draw(st.floats(0, 1)) < wrong:
        parts += draw(st.lists(RAW, max_size=4))
    claimed = draw(CONTENT_TYPES) if draw(st.floats(0, 1)) < wrong / 2 else FORM
    return Sent("&".join(parts).encode(), claimed)


def _quoted(value: str) -> str:
    return quote_from_bytes(value.encode("utf-8", "surrogatepass"))


def _multipart(
    draw: st.DrawFn, pairs: list[tuple[str, str]], files: list[str], wrong: float
) -> Sent:
    lines = [
        _part(f'name="{name}"', value.encode("utf-8", "surrogatepass")) for name, value in pairs
    ]
    for name in files:
        content = draw(st.binary(max_size=40))
        called = draw(st.sampled_from(["a.jpg", "", "../x", "ñ\x00.png", "a" * 300, '"', "a.php"]))
        lines.append(_part(f'name="{name}"; filename="{called}"', content, draw(CONTENT_TYPES)))
    body = b"".join(lines) + f"--{_BOUNDARY}--\r\n".encode()
    if draw(st.floats(0, 1)) < wrong / 2:
        body = body[: draw(st.integers(0, len(body)))] + draw(st.binary(max_size=9))
    claimed = f"multipart/form-data; boundary={_BOUNDARY}"
    return Sent(body, draw(CONTENT_TYPES) if draw(st.floats(0, 1)) < wrong / 2 else claimed)


def _part(disposition: str, content: bytes, media_type: str = "") -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n"
    head += f"Content-Type: {media_type}\r\n" if media_type else ""
    return head.encode("utf-8", "replace") + b"\r\n" + content + b"\r\n"
