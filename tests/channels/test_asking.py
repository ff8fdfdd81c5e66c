"""How providers are asked: waits that they ask for, and texts that fit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.channels.adapters.x import weight
from centro.channels.channel import DeliveryError, Outgoing
from centro.channels.fitting import fit, utf16
from centro.channels.http import Answer, ask, in_seconds, retry_after, until_epoch
from tests.fakes.provider import Reply, running
from tests.fakes.telegram import Telegram

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 15:00:00 GMT", HOUR),
        ("999999999", timedelta(hours=12)),
        ("Mon, 02 Mar 2020 15:00:00 GMT", None),
        ("", None), ("soon", None), ("-5", None), ("0", None), ("1e9999", None), ("²", None),
    ],
)  # fmt: skip
def test_a_wait_is_what_the_standard_says_and_within_reason(frozen, value, expected):
    assert retry_after(Answer(429, {"retry-after": value}, b"")) == expected


@pytest.mark.parametrize("value", [None, "", "x", "nan", "inf", "-1", [], {}, "9" * 400])
def test_a_wait_that_is_no_number_is_no_wait(value):
    assert in_seconds(value) is None
    assert until_epoch(value) is None


def test_a_wait_until_a_moment_is_counted_from_now(frozen):
    assert until_epoch("1772463600") == HOUR


def test_nobody_is_followed_elsewhere():
    with running(Telegram()) as fake, running(Telegram()) as other:
        fake.faults = [Reply(307, b"", {"Location": f"{other.url}/steal"})]
        with pytest.raises(DeliveryError):
            ask("POST", f"{fake.url}/bot", headers={"Authorization": "secret"}, json={"a": 1})
        assert other.asked == []


def test_a_netrc_of_the_machine_does_not_replace_what_opens_the_account(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login root password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with running(Telegram()) as fake:
        ask("GET", f"{fake.url}/x", headers={"Authorization": "Bearer mine"})
        assert fake.asked[0].headers["authorization"] == "Bearer mine"


TEXTS = st.text(max_size=400) | st.text(alphabet="a á🙂水\u200d\n", max_size=900)
COUNTS = pytest.mark.parametrize("count", [len, utf16, weight])


@COUNTS
@given(text=TEXTS, reference=st.sampled_from(["", "311-00000018-4"]), public=st.booleans())
def test_a_text_always_fits_and_is_whole_when_it_can_be(count, text, reference, public):
    message = Outgoing(1, "1", "", text, reference=reference, public=public)
    said = fit(message, 120, count)
    assert count(said) <= 120
    if count(text.strip()) <= 120:
        assert said == text.strip()
    else:
        assert "…" in said
        assert ("/seguimiento/" in said) is bool(reference and not public)
