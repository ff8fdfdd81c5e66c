"""What goes on in the demonstration just now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from centro.cases.doctor import check_everything
from centro.cases.models import Case, Incident, Instruction, NumberBlock, PressMention
from centro.kernel.clock import now
from centro.ops.demo import make_demo_people
from centro.ops.demonstration.happening import stage_happenings
from centro.ops.demonstration.load import make_demonstration
from centro.ops.pack import load_pack
from tests.ops.packs import MINI, PANAMA

pytestmark = pytest.mark.slow


def test_a_newcomer_finds_something_in_progress_everywhere():
    assert stage_happenings(PANAMA / "demo", now()) == 0  # nothing to happen to
    load_pack(PANAMA)
    make_demo_people()
    moment = now().replace(microsecond=0)
    make_demonstration(PANAMA / "demo", scale=0.3, now=moment)
    assert stage_happenings(MINI / "demo", moment) == 0
    assert stage_happenings(PANAMA / "demo", moment) >= 9
    incident = Incident.objects.get()
    assert incident.is_told
    assert incident.opened_at < moment - timedelta(minutes=30)
    assert incident.cases.count() > 3
    assert set(Instruction.objects.values_list("state", flat=True)) == {"open", "answered"}
    assert PressMention.objects.filter(case__in=Case.objects.unsolved()).exists()
    assert NumberBlock.objects.get().numbers.exclude(void_at=None).count() == 1
    assert check_everything() == []
    assert stage_happenings(PANAMA / "demo", moment) == 0
