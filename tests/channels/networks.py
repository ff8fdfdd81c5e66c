"""What the tests of the networks share: calling our webhook, taking in, sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection

from centro.cases.actions import intake_events
from centro.channels import reading
from centro.channels.actions import send_words
from centro.channels.channel import DeliveryError
from centro.channels.delivery import deliver_message
from centro.channels.models import (
    Account,
    Identity,
    InboundItem,
    InboundMessage,
    OutboundMessage,
    RawEvent,
)
from centro.kernel.clock import now
from tests.fakes.facebook import Facebook
from tests.fakes.kannel import Kannel
from tests.fakes.postmark import Postmark
from tests.fakes.provider import Event, HookCall, Provider, running
from tests.fakes.telegram import Telegram
from tests.fakes.twilio import Twilio
from tests.fakes.whatsapp import WhatsApp
from tests.fakes.x import X

# Every channel that somebody else brings. A new one is added here, and must pass
# test_contract.py.
PROVIDERS: tuple[type[Provider], ...] = (WhatsApp, Facebook, X, Telegram, Kannel, Twilio, Postmark)


@contextmanager
def network(provider: Provider, settings: Any) -> Iterator[Network]:
    """The provider runs, the site knows its address, and we have an account there."""
    with running(provider):
        if provider.setting:
            setattr(settings, provider.setting, provider.url)
        yield Network(provider, settings)


class Network:
    """One provider and our account there."""

    def __init__(self, fake: Any, settings: Any) -> None:
        self.fake = fake
        self.settings = settings
        self.account: Account = fake.account()

    def change(self, **options: str) -> None:
        """Give the account other options."""
        self.account.options |= options
        self.account.save()

    def look_for_it_at(self, url: str) -> None:
        """Whoever asks the provider from now on asks there."""
        if self.fake.setting:
            setattr(self.settings, self.fake.setting, url)
        else:
            self.change(**{self.fake.address_option: url})

    def hook(self, call: HookCall, slug: str = "") -> int:
        """The provider's call, as it reaches our site."""
        path = f"/entrada/{self.fake.kind}/{slug or self.account.slug}/"
        status: int = self.fake.knock(path, call)
        return status

    def bring(self, *events: Event, **how: Any) -> list[int]:
        """The provider brings these, and a worker takes them in."""
        answers: list[int] = self.fake.bring(self.hook, self.fake.calls(*events), **how)
        take_in()
        return answers

    def identity(self, person: str) -> Identity:
        made, _created = Identity.objects.get_or_create(kind=self.fake.kind, external_id=person)
        return made

    def write(self, person: str, body: str = "Ya vamos.", **more: Any) -> OutboundMessage:
        """Somebody at the desk writes to a person."""
        return send_words(
            kind=self.fake.kind,
            account=self.account,
            identity=self.identity(person),
            address=person,
            body=body,
            **more,
        )


def take_in() -> None:
    """What waits is taken in, once, as a worker does."""
    waiting = RawEvent.objects.filter(state=RawEvent.State.WAITING).order_by("pk")
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            intake_events.take_in_event(raw_id=pk)
        except intake_events.NotTakenInError:
            assert RawEvent.objects.get(pk=pk).error


def take_in_to_the_end() -> None:
    """Until nothing waits: every attempt is used."""
    for _ in range(reading.MOST_ATTEMPTS):
        take_in()
    assert not RawEvent.objects.filter(state=RawEvent.State.WAITING).exists()


def deliver(message: OutboundMessage) -> DeliveryError | None:
    """One attempt; what a retry may cure is returned."""
    failure = None
    try:
        deliver_message(message_id=message.pk)
    except DeliveryError as error:
        failure = error
    message.refresh_from_db()
    return failure


def messages() -> Sequence[InboundMessage]:
    return list(InboundMessage.objects.select_related("identity").order_by("pk"))


def outcomes() -> list[str]:
    """What became of each thing of each event, in order."""
    return list(InboundItem.objects.order_by("raw", "position").values_list("outcome", flat=True))


def let_time_pass(person: str, **delta: float) -> None:
    """Whatever this person wrote, they wrote so much earlier."""
    earlier = now() - timedelta(**delta)
    InboundMessage.objects.filter(identity__external_id=person).update(received_at=earlier)


def jobs_of(task: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [task])
        return int(cursor.fetchone()[0])
