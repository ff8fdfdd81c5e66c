"""Connecting an account of a channel from the command line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from centro.channels.accounts import account_for
from centro.channels.models import Account
from centro.ops.accounts import connect_account, hook_address
from tests import make


def connect(answers: list[str], **given: str) -> tuple[int, str]:
    @click.command()
    def command() -> None:
        base = {"kind": "telegram", "slug": "bot", "label": "Bot", "address": "1", "agency": ""}
        click.echo(hook_address(connect_account(**base | given)))

    done = CliRunner().invoke(command, input="\n".join(answers) + "\n")
    return done.exit_code, done.output


def test_what_the_channel_needs_is_asked_for_and_kept_sealed():
    code, output = connect(["Centro311Bot", "123:token", "hook-secret"])
    assert code == 0
    assert output.strip().endswith("/entrada/telegram/bot/")
    assert "123:token" not in output
    account = account_for("telegram")
    assert account is not None
    assert account.options == {"username": "Centro311Bot"}
    assert account.secrets == {"token": "123:token", "webhook_secret": "hook-secret"}
    assert b"token" not in bytes(account.sealed or b"")


def test_what_is_left_empty_stays_as_it_was():
    connect(["Centro311Bot", "123:token", "hook-secret"])
    connect(["", "new-token", ""], label="", address="")
    account = Account.objects.get()
    assert account.secrets == {"token": "new-token", "webhook_secret": "hook-secret"}
    assert (account.label, account.address) == ("Bot", "1")
    assert account.options == {"username": "Centro311Bot"}


def test_an_entity_may_have_an_account_of_its_own():
    agency = make.agency()
    connect(["Bot", "t", "s"], agency=agency.slug)
    assert Account.objects.get().agency == agency


@pytest.mark.parametrize(
    ("given", "answers"),
    [
        ({"kind": "fax"}, []),
        ({"agency": "nobody"}, []),
        ({}, ["Bot", "", ""]),
    ],
)
def test_what_cannot_be_is_refused_in_words(given, answers):
    code, output = connect(answers, **given)
    assert code == 1
    assert "Error: " in output
    assert not Account.objects.exists()
