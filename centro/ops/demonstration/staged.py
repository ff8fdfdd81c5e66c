"""Tales that end, today, in a state that everybody should find somewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from centro.cases.statuses import Reason
from centro.contacts.models import CallBack
from centro.ops.demonstration.life import Life, TaleOver
from centro.ops.demonstration.recent import Script

R = Reason
# Whose liaisons sign in: proposals to them should be found.
_OF_THE_DEMONSTRATION = ("IDAAN", "MOP")
Tale = Callable[[Script], None]


def left_in_triage(_script: Script) -> None:
    """Nobody has looked at it yet."""


def left(_script: Script) -> None:
    """Routed, and nobody has touched it."""


def repeated(other: Script, script: Script) -> None:
    """The same again: the first one stands for it, if it is still open by then."""
    at = script.after(7)
    if other.life.active_at(at) and not script.life.sealed and other.life.duplicate_of is None:
        script.life.merge_into(other.life, at, script.staff.supervisor(script.rng))
    else:
        script.natural()


def not_begun(script: Script) -> None:
    """With its official, who has not begun."""
    script.distribute()


def begun(script: Script) -> None:
    script.distribute()
    script.life.start(script.work(5), script.hand)
    script.life.note(script.says("notes"), script.work(6), script.hand)


def waiting(reason: Reason, script: Script) -> None:
    """Waits for something until some day to come."""
    begun(script)
    life = script.life
    at = life.horizon - timedelta(hours=script.rng.uniform(1, 40))
    until = life.world.office_days_after(life.horizon, script.rng.randint(1, 6))
    if reason == R.CITIZEN:
        life.ask(script.says("asks"), until, at, script.hand)
    else:
        life.hold(reason, until, at, script.hand, script.general(f"held_{reason.value}"))


def proposed(script: Script) -> None:
    """Waits for the answer of another entity."""
    begun(script)
    to = script.other_agency(_OF_THE_DEMONSTRATION)
    if to is None:
        return
    at = script.life.horizon - timedelta(minutes=script.rng.uniform(10, 300))
    by = script.staff.liaison(script.agency)
    script.life.propose(to, script.general("not_ours"), at, by)


def refused(script: Script) -> None:
    """The other entity said no; triage has not decided again."""
    begun(script)
    to = script.other_agency()
    if to is None:
        return
    by = script.staff.liaison(script.agency)
    script.life.propose(to, script.general("not_ours"), script.work(6), by)
    at = script.after(4)
    if at >= script.life.handovers[-1].answer_by:
        script.life.expire()
    else:
        script.life.refuse(script.general("refused"), at, script.staff.liaison(to))


def expired(script: Script) -> None:
    """The other entity said nothing; triage has not decided again."""
    begun(script)
    to = script.other_agency()
    if to is not None:
        by = script.staff.liaison(script.agency)
        script.life.propose(to, script.general("not_ours"), script.work(6), by)
        script.life.expire()


def accepted(script: Script) -> None:
    begun(script)
    to = script.other_agency()
    if to is None:
        return
    by = script.staff.liaison(script.agency)
    script.life.propose(to, script.general("not_ours"), script.work(6), by)
    script.life.accept(script.after(2), script.staff.liaison(to))


def reopened(times: int, script: Script) -> None:
    """Not solved, once or twice; being worked again."""
    begun(script)
    life = script.life
    for _n in range(times):
        life.resolve(script.says("solved"), script.work(12), script.hand)
        call = life.waiting_call(CallBack.Reason.CONFIRM)
        reached = script.rung(call) if call else script.after(5)
        if reached is None:
            raise TaleOver
        by = script.caller if call else script.citizen
        another = script.staff.official_of(life.unit, script.rng, but=life.official)
        life.reopen(script.general("reopened"), reached, by, another)


def to_confirm(script: Script) -> None:
    """Solved an hour ago or this morning: the person has not answered yet."""
    begun(script)
    at = script.life.horizon - timedelta(hours=script.rng.uniform(0.2, 30))
    script.life.resolve(script.says("solved"), at, script.hand)


def unreachable(script: Script) -> None:
    """Asked, rung three times, and nobody there."""
    begun(script)
    life = script.life
    until = life.world.office_days_after(life.latest, 12)
    life.ask(script.says("asks"), until, script.work(3), script.hand)
    for _n in range(3):
        life.attempt(script.general("not_reached"), script.work(5), script.caller)
    for call in life.calls:
        call.state = CallBack.State.FAILED
    script.close(R.UNREACHABLE, script.work(3), script.hand)


def not_applicable(script: Script) -> None:
    """A supervisor agrees with the entity that it does not apply."""
    script.distribute()
    by = script.staff.supervisor(script.rng)
    script.close(R.NOT_APPLICABLE, script.work(9), by)


def sealed_later(script: Script) -> None:
    """An operator learns that it is about the entity's own people."""
    by = script.staff.officer(script.rng)
    script.life.seal(script.general("sealed_why"), script.after(3), by)
    script.investigate()


def unmerged(other: Life, script: Script) -> None:
    """Was taken for a duplicate, and was none."""
    by = script.staff.supervisor(script.rng)
    if not other.active_at(script.life.horizon):
        return
    script.life.merge_into(other, script.after(2), by)
    script.life.unmerge(script.after(6), by)


@dataclass(frozen=True, slots=True)
class Stage:
    """A tale, how many cases play it, how long before now they were opened, and about what."""

    tale: Tale
    count: int
    days: tuple[float, float]
    codes: Sequence[str] = (
        "IDAAN-01", "IDAAN-03", "IDAAN-02", "IDAAN-05", "IDAAN-07", "IDAAN-09", "IDAAN-13",
        "MOP-01", "MOP-04", "MOP-06",
    )  # fmt: skip


_IN_TRIAGE = ("GEN-01", "GEN-02", "GEN-03", "GEN-05", "GEN-99")
STAGES = (
    Stage(left_in_triage, 14, (0.02, 1.5), _IN_TRIAGE),
    Stage(not_begun, 40, (0.1, 2.5)),
    Stage(begun, 40, (2, 6)),
    *(Stage(partial(waiting, reason), 12, (4, 14))
      for reason in (R.CITIZEN, R.VISIT, R.MATERIALS, R.THIRD_PARTY, R.WEATHER)),
    Stage(proposed, 16, (4, 10)),
    Stage(proposed, 8, (4, 10), ("AAUD-01", "AAUD-04", "ASEP-02", "MINSA-05", "MIBUS-03")),
    Stage(refused, 8, (5, 12)),
    Stage(expired, 7, (8, 14)),
    Stage(accepted, 12, (6, 14)),
    Stage(partial(reopened, 1), 22, (9, 25)),
    Stage(partial(reopened, 2), 8, (18, 40)),
    Stage(to_confirm, 36, (4, 12)),
    Stage(unreachable, 6, (14, 40)),
    Stage(not_applicable, 8, (6, 60)),
    Stage(sealed_later, 4, (4, 30), ("IDAAN-14", "PN-05", "MEDUCA-03", "PN-02")),
    Stage(Script.natural, 10, (1, 40), ("ANTAI-01",)),
)  # fmt: skip
