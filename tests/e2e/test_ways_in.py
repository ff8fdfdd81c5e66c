"""The pages of channels, counters, the press and the chat: axe finds nothing, and they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.channels.models import Account
from centro.channels.reading import store_raw
from centro.kernel.clock import today
from tests import make
from tests.channels.mails import bring, mail, mailbox, take_in
from tests.e2e.axe import assert_accessible
from tests.e2e.test_operator import seat

if TYPE_CHECKING:
    from tests.browser import Visitors

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_every_page_is_accessible_and_fits(visitors: Visitors, width: int, scheme: Any):
    account = mailbox()
    bring(account, mail())
    dead = take_in(store_raw(account=account, body=b"\x00", way="lmtp"))
    Account.objects.create(kind="embed", slug="agua", label="Agua", options={"origins": "'self'"})
    operator = make.user(Role.OPERATOR)
    block = actions.reserve_numbers(
        counter="Chorrera", count=4, agency=None, user=operator, by=actor_of(operator)
    )
    actions.note_press(
        case=make.case(), medium="radio", outlet="Radio Uno", published_on=today(),
        headline="Vecinos sin agua", user=operator, by=actor_of(operator),
    )  # fmt: skip
    size = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    pages = {
        Role.ADMINISTRATOR: [
            "/mesa/canales/", "/mesa/canales/nueva/email/", f"/mesa/canales/cuenta/{account.slug}/",
            "/mesa/canales/llegadas/", f"/mesa/canales/llegadas/{dead.pk}/",
        ],
        Role.OPERATOR: [
            "/mesa/mostrador/", "/mesa/mostrador/numeros/", f"/mesa/mostrador/numeros/{block.pk}/",
            "/mesa/prensa/", "/mesa/prensa/nueva/", "/chat/", "/incrustar/agua/",
        ],
        Role.SUPERVISOR: ["/mesa/supervision/"],
    }  # fmt: skip
    for role, paths in pages.items():
        page = seat(visitors, make.user(role), **size)
        for path in paths:
            page.goto(path)
            assert_accessible(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (path, wide)
