"""Connecting an account of a channel: asks for what its adapter needs, says where it is called."""

from __future__ import annotations

import click
from django.conf import settings

from centro.agencies.models import Agency
from centro.channels.accounts import save_account
from centro.channels.channel import Field
from centro.channels.models import Account
from centro.channels.registry import all_channels, get_channel
from centro.kernel.actor import SYSTEM
from centro.kernel.errors import Refused


def connect_account(*, kind: str, slug: str, label: str, address: str, agency: str) -> Account:
    """Make an account, or change one; what is left empty stays as it was.

    Raises click.ClickException for what cannot be.
    """
    if kind not in all_channels():
        raise click.ClickException(f"No channel {kind}. There are: {', '.join(all_channels())}.")
    account = Account.objects.filter(slug=slug).first() or Account(kind=kind, slug=slug)
    if account.kind != kind:
        raise click.ClickException(f"The account {slug} is one of {account.kind}.")
    account.label = label or account.label or slug
    account.address = address or account.address
    if agency:
        account.agency = Agency.objects.filter(slug=agency).first()
        if account.agency is None:
            raise click.ClickException(f"No entity {agency}.")
    given = {field.name: _ask(field, account) for field in get_channel(kind).fields}
    try:
        return save_account(account=account, options=given, secrets=given, by=SYSTEM)
    except Refused as refusal:
        raise click.ClickException(refusal.message) from refusal


def _ask(field: Field, account: Account) -> str:
    kept = "" if field.secret else str(account.options.get(field.name, field.default))
    answer: str = click.prompt(
        str(field.label), default=kept, hide_input=field.secret, show_default=not field.secret
    )
    return answer.strip()


def hook_address(account: Account) -> str:
    """The address that the provider must call."""
    return f"{settings.SITE_URL}/entrada/{account.kind}/{account.slug}/"
