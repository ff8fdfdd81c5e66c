"""The conversations of the demonstration."""

from __future__ import annotations

from centro.cases.doctor import check_everything
from centro.channels.registry import all_channels
from centro.contacts.canned import faults_of
from centro.contacts.models import CannedReply, Conversation
from centro.kernel.clock import now
from centro.ops.demo import make_demo_people
from centro.ops.demonstration.talks import stage_talks
from tests import make
from tests.ops.packs import MINI, PANAMA


def test_every_folder_of_the_inbox_has_something_to_show():
    make.agency(acronym="IDAAN")
    make.agency(acronym="MOP")
    make_demo_people()
    assert stage_talks(PANAMA / "demo", now()) == Conversation.objects.count()
    states = set(Conversation.objects.values_list("state", flat=True))
    assert states == {"waiting", "answered", "closed", "spam"}
    assert {c.channel for c in Conversation.objects.all()} <= set(all_channels())
    assert all(faults_of(reply.body) == [] for reply in CannedReply.objects.all())
    assert check_everything() == []


def test_they_are_made_once_and_only_where_a_pack_tells_of_them():
    assert stage_talks(MINI / "demo", now()) == 0
    made = stage_talks(PANAMA / "demo", now())
    assert made
    assert stage_talks(PANAMA / "demo", now()) == 0
    assert Conversation.objects.count() == made
