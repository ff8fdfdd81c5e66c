"""The words of a mail: decoded whatever it claims of itself, from HTML where there is no text."""

from __future__ import annotations

import codecs
import html
import re
from email.message import Message

import html2text
import nh3

_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "img",
    "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan"},
}
_LARGEST_HTML = 500_000
# Names that mail programs give to charsets and Python does not know.
_KNOWN_AS = {"utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-unknown": "utf-8",
             "unknown-8bit": "utf-8", "default": "utf-8", "iso-8859-8-i": "iso-8859-8",
             "cp-850": "cp850", "windows-1252http-equivcontent-type": "cp1252",
             # Latin-1 is always said where Windows' letters are meant (WHATWG Encoding, 4.2).
             "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}  # fmt: skip
# "Ã¡" and the like: UTF-8 that somebody read as Windows' letters and wrote again.
_TWICE = re.compile("[ÃÂâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def text_of(part: Message) -> str:
    """The text of a part in whatever letters it was really written."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload() or "")
    return decode(payload, str(part.get_content_charset() or ""))


def decode(data: bytes, charset: str = "") -> str:
    """Bytes as text: by UTF-8 where they are that, else as said, else by Windows' western letters.

    Nothing is lost for a charset that nobody knows or that the bytes are not.
    """
    for name in ("utf-8", _KNOWN_AS.get(charset.lower(), charset), "cp1252"):
        try:
            codecs.lookup(name)
            return _mended(data.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return _mended(data.decode("latin-1"))


def _mended(text: str) -> str:
    """Without the byte-order mark, and read once where it was written twice."""
    text = text.lstrip("\ufeff")
    if len(_TWICE.findall(text[:50_000])) < 2:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def plain_of(source: str) -> str:
    """HTML as the text that a person would read."""
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    reader.ignore_emphasis = True
    reader.protect_links = False
    reader.inline_links = True
    reader.single_line_break = True
    try:
        text = reader.handle(source[:_LARGEST_HTML])
    except Exception:
        # A reader that meets hostile data may raise nearly anything; the tags go, the words stay.
        text = html.unescape(re.sub(r"<[^>]{0,2000}>", " ", source[:_LARGEST_HTML]))
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def safe_html(source: str) -> str:
    """HTML with nothing that runs, fetches or imitates: text, tables, links, images of the mail."""
    return nh3.clean(
        source[:_LARGEST_HTML],
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_own_images,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
    )


def _only_own_images(tag: str, attribute: str, value: str) -> str | None:
    """An image from elsewhere would tell its sender that, when and where the mail was read."""
    if tag == "img" and attribute == "src" and not value.startswith("cid:"):
        return None
    return value
