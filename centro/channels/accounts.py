"""The accounts by which the centre speaks, and which of them a message leaves by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from centro.channels.models import Account
from centro.channels.registry import get_channel
from centro.kernel.actor import Actor
from centro.kernel.errors import Invalid
from centro.places.stamps import Kept, renew_stamp

STAMP = "channel accounts"


def account_for(kind: str, agency_id: int | None = None) -> Account | None:
    """The account of that channel that speaks for an entity: its own, else the centre's.

    None when there is none. No statement when warm.
    """
    active = _accounts.get().get(kind, ())
    of_agency = (account for account in active if account.agency_id == agency_id)
    own = next(of_agency, None) if agency_id is not None else None
    return own or next((account for account in active if account.agency_id is None), None)


def own_account(kind: str) -> Account:
    """The account of a channel that is ours alone and needs no credentials; made when first asked."""
    found = account_for(kind)
    if found is None:
        label = str(get_channel(kind).label)
        found, created = Account.objects.get_or_create(
            kind=kind, slug=kind, defaults={"label": label}
        )
        if created:
            renew_stamp(STAMP)
    return found


@transaction.atomic
def save_account(
    *,
    account: Account,
    options: Mapping[str, str],
    secrets: Mapping[str, str],
    by: Actor,
) -> Account:
    """Keep an account with what opens it; a secret left empty stays as it was.

    Raises Invalid when something that its channel needs is missing.
    """
    channel = get_channel(account.kind)
    had = account.secrets if account.pk else {}
    kept = {f.name: secrets.get(f.name) or had.get(f.name, "") for f in channel.fields if f.secret}
    open_ones: dict[str, Any] = {
        f.name: options.get(f.name) or f.default for f in channel.fields if not f.secret
    }
    given = kept | open_ones
    missing = [str(f.label) for f in channel.fields if f.required and not given.get(f.name)]
    if missing:
        raise Invalid(_("Falta: %(what)s.") % {"what": ", ".join(missing)})
    account.options = open_ones
    account.seal_secrets(kept)
    account.save()
    renew_stamp(STAMP)
    return account


def _read_accounts() -> dict[str, Sequence[Account]]:
    found: dict[str, list[Account]] = {}
    for account in Account.objects.filter(active=True).order_by("pk"):
        found.setdefault(account.kind, []).append(account)
    return {kind: tuple(rows) for kind, rows in found.items()}


_accounts: Kept[dict[str, Sequence[Account]]] = Kept(STAMP, _read_accounts)
