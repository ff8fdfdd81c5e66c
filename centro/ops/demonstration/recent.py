"""The last three months: cases live their lives until now, each as far as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NoReturn

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.cases.statuses import Reason, Status
from centro.contacts.models import CallBack
from centro.kernel.actor import SYSTEM, Actor, citizen
from centro.ops.demonstration.belongings import Call, Talk
from centro.ops.demonstration.life import Life, TaleOver
from centro.ops.demonstration.plan import Matter, Pace
from centro.ops.demonstration.staff import Staff
from centro.ops.demonstration.texts import Scene, Writer

R, S = Reason, Status
_ATTEMPTS = 3
_WAITS = (R.VISIT, R.MATERIALS, R.THIRD_PARTY, R.WEATHER)
_BY_CITIZEN = frozenset({"web", "open311", "sms"})
_LONGEST_CYCLE = 3
_FIRST_CALL, _LAST_CALL = 8, 20


@dataclass(slots=True)
class Script:
    """What happens to one case after it was opened, with whom and in which words."""

    life: Life
    staff: Staff
    writer: Writer
    scene: Scene
    matter: Matter | None
    pace: Callable[[str], Pace]
    # The type behind a case that was opened as "to be classified".
    real_code: str = ""

    @property
    def rng(self) -> Random:
        return self.scene.rng

    @property
    def agency(self) -> Agency:
        assert self.life.agency is not None
        return self.life.agency

    @property
    def citizen(self) -> Actor:
        person = self.life.matter.person
        return citizen(person.name if person else "")

    @property
    def hand(self) -> Actor:
        """Whoever has the case in hand."""
        if self.life.sealed:
            return self.staff.officer(self.rng)
        return self.staff.actor(self.life.official, self.agency)

    def after(self, hours: float, *, spread: float = 0.6) -> datetime:
        """Some time after the last step."""
        return self.life.latest + timedelta(hours=hours * self.rng.uniform(1 - spread, 1 + spread))

    def work(self, hours: float, *, spread: float = 0.6) -> datetime:
        """The same, in office hours."""
        return self.life.world.in_office(self.after(hours, spread=spread), self.rng)

    def says(self, name: str) -> str:
        return self.writer.voice(name, self.matter, self.scene)

    def general(self, name: str) -> str:
        return self.writer.general(name, self.scene)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # ---- The whole life ----

    def play(self, tale: Callable[[Script], None]) -> None:
        """Open the case and let the tale run until now."""
        self.open()
        try:
            tale(self)
        except TaleOver:
            return

    def open(self) -> None:
        life = self.life
        by_citizen = life.matter.channel in _BY_CITIZEN
        by = self.citizen if by_citizen else self.staff.operator(self.rng)
        life.open(by)
        if not by_citizen:
            minutes = 1.6 + self.rng.expovariate(0.5)
            sealed = life.sealed
            life.talk = Talk(
                life.matter.channel,
                life.opened_at - timedelta(minutes=minutes),
                life.opened_at,
                "case",
                "" if sealed else life.matter.description,
                operator=by.id,
                person=None if sealed else life.matter.person,
                life=life,
            )

    def natural(self) -> None:
        """What usually happens."""
        if self.life.status == S.RECEIVED:
            self.triage()
        if self.life.sealed:
            self.investigate()
        elif self.life.agency is not None:
            self.handle()

    # ---- Triage ----

    def triage(self) -> None:
        by = self.staff.supervisor(self.rng)
        at = self.after(9)
        found = self.life.world.services.get(self.real_code)
        if found is not None:
            self.life.reclassify(found, at, by, self.general("reclassified"))
            return
        if self.chance(0.38):
            reason = self.rng.choices(
                (R.FIRST_CONTACT, R.OUT_OF_SCOPE, R.NOT_APPLICABLE, R.SPAM), (5, 3, 2, 1)
            )[0]
            self.close(reason, at, by)
        self.life.route_to(self.chosen_agency(), at, by, self.general("routed"))

    def close(self, reason: Reason, at: datetime, by: Actor) -> NoReturn:
        """The end of it, of which a person without an address is told by telephone."""
        self.life.close(reason, self.general(f"closed_{reason.value}"), at, by)
        self.ring(CallBack.Reason.INFORM)
        raise TaleOver

    def chosen_agency(self) -> Agency:
        """Whom triage gives it to: one of the busiest, by what the plan says."""
        world, plan = self.life.world, self.writer.plan
        wanted = plan.routes.get(self.life.service.code, "")
        named = world.agencies.get(wanted)
        some = [world.agencies[name] for name in plan.paces if name in world.agencies]
        return named or self.rng.choice(some or list(world.agencies.values()))

    # ---- The entity ----

    def handle(self) -> None:
        """Distribute, work, perhaps wait, solve, and hear whether it is so."""
        pace = self.pace(self.agency.acronym)
        self.distribute()
        if self.chance(0.025):
            self.give_up()
        if self.chance(pace.stuck):
            self.lie()
        self.life.start(self.work(14), self.hand)
        if self.chance(0.04):
            self.hand_over()
        self.on_the_way()
        self.solve(pace)
        self.ask_whether_solved()

    def distribute(self) -> None:
        """By the liaison; who got the case by turn keeps it most of the time."""
        life = self.life
        if life.unit is None or not self.chance(0.05 if life.official else 0.86):
            return
        official = self.staff.official_of(life.unit, self.rng, but=life.official)
        if official is not None or life.official is None:
            life.assign(official, self.work(5), self.staff.liaison(self.agency))

    def lie(self) -> None:
        """Nobody gets to it."""
        if self.chance(0.4):
            self.life.note(self.general("pending"), self.work(60), self.hand)
        raise TaleOver

    def give_up(self) -> None:
        self.life.withdraw(self.general("withdrawn"), self.after(30), self.citizen)
        raise TaleOver

    def on_the_way(self) -> None:
        """Notes, questions, waits and news, some of each."""
        if self.chance(0.35):
            self.life.note(self.says("notes"), self.work(10), self.hand)
        if self.chance(0.11):
            self.question()
        elif self.chance(0.12):
            self.wait(self.rng.choice(_WAITS))
        if self.chance(0.2):
            self.life.inform(self.says("progress"), self.work(16), self.hand)
            self.ring(CallBack.Reason.INFORM)

    def question(self) -> None:
        """Ask the citizen; most answer, some do not, and some are rung for it."""
        life = self.life
        at = self.work(8)
        until = life.world.office_days_after(at, self.rng.randint(3, 6))
        life.ask(self.says("asks"), until, at, self.hand)
        call = life.waiting_call(CallBack.Reason.ASK)
        if call is None:
            answered = self.after(14) if self.chance(0.7) else None
            by = self.citizen
        else:
            answered = self.rung(call, until)
            by = self.caller
        if answered is None or answered >= until:
            life.end_wait()
        else:
            life.add_information(self.general("answered"), answered, by)

    def wait(self, reason: Reason) -> None:
        life = self.life
        at = self.work(9)
        until = life.world.office_days_after(at, self.rng.randint(2, 9))
        life.hold(reason, until, at, self.hand, self.general(f"held_{reason.value}"))
        if self.chance(0.5):
            life.end_wait()
        else:
            share = self.rng.uniform(0.3, 0.9)
            back = life.world.in_office(at + (until - at) * share, self.rng)
            life.resume(min(back, until), self.hand)

    def solve(self, pace: Pace) -> None:
        """In time or late, as the entity usually is."""
        life = self.life
        begun = life.latest
        left = life.due_at - begun
        if self.chance(pace.on_time) and left > timedelta(hours=1):
            at = begun + left * self.rng.betavariate(2, 2)
            at = min(life.world.in_office(at, self.rng), life.due_at - timedelta(minutes=3))
        else:
            late = timedelta(days=0.2 + self.rng.expovariate(1 / pace.late_days))
            at = life.world.in_office(max(life.due_at, begun) + late, self.rng)
        life.resolve(self.says("solved"), at, self.hand)

    # ---- Was it solved? ----

    def ask_whether_solved(self) -> None:
        life = self.life
        call = life.waiting_call(CallBack.Reason.CONFIRM)
        answer_by = life.answer_by
        assert answer_by is not None
        if call is not None:
            self.confirm_by_telephone(call, answer_by)
            return
        share = 0.72 if life.matter.person else 0.0
        at = self.after(20, spread=0.9)
        if at >= answer_by or not self.chance(share):
            self.silence(answer_by)
        elif self.chance(0.86 if life.cycle == 1 else 0.8) or life.cycle >= _LONGEST_CYCLE:
            life.confirm(at, self.citizen)
        else:
            self.come_back(at, self.citizen)

    def confirm_by_telephone(self, call: Call, answer_by: datetime) -> None:
        life = self.life
        # A case with somebody to ring is not closed before they were rung.
        reached = self.rung(call)
        if reached is None:
            self.silence(max(answer_by, life.latest))
        elif self.chance(0.87) or life.cycle >= _LONGEST_CYCLE:
            life.confirm(reached, self.caller)
        else:
            self.come_back(reached, self.caller)

    def silence(self, at: datetime) -> None:
        at = self.life.reach(at + timedelta(seconds=50))
        # Closing by itself tells the citizen nothing new.
        self.life.close(R.NO_ANSWER, "", at, SYSTEM)
        self.ring(CallBack.Reason.INFORM)

    def come_back(self, at: datetime, by: Actor) -> None:
        """Not solved: another official, another term, and the same questions again."""
        life = self.life
        another = self.staff.official_of(life.unit, self.rng, but=life.official)
        life.reopen(self.general("reopened"), at, by, another)
        if self.chance(0.5):
            life.note(self.says("notes"), self.work(10), self.hand)
        self.solve(self.pace(self.agency.acronym))
        self.ask_whether_solved()

    # ---- Telephone ----

    @property
    def caller(self) -> Actor:
        """Who rings: those of sealed cases are rung by the denunciation officer."""
        by_officer = self.life.sealed
        return self.staff.officer(self.rng) if by_officer else self.staff.operator(self.rng)

    def ring(self, reason: str) -> None:
        """Somebody rings about news; the case does not wait for it."""
        call = self.life.waiting_call(reason)
        if call is None:
            return
        for at in self._attempts(call, 2):
            if at > self.life.horizon or self._try(call, at):
                return
        call.state = CallBack.State.FAILED

    def rung(self, call: Call, until: datetime | None = None) -> datetime | None:
        """When the person was reached; None after three attempts, or when it was too late."""
        for at in self._attempts(call, 9):
            if until is not None and at > until:
                break
            if at > self.life.horizon:
                raise TaleOver
            if self._try(call, at):
                return at
            self.life.attempt(self.general("not_reached"), at, self.caller)
        call.state = CallBack.State.FAILED
        return None

    def _attempts(self, call: Call, hours: float) -> Iterator[datetime]:
        """The centre rings by day, seven days a week, three hours apart or more."""
        at = call.at
        for n in range(_ATTEMPTS):
            at += timedelta(hours=hours * self.rng.uniform(0.4, 1.6) + (3 if n else 0))
            at = at.astimezone(self.life.world.zone)
            if at.hour < _FIRST_CALL:
                at = at.replace(hour=_FIRST_CALL + int(self.rng.random() * 4))
            elif at.hour >= _LAST_CALL:
                morning = at.replace(hour=_FIRST_CALL) + timedelta(days=1)
                at = morning + timedelta(minutes=self.rng.random() * 200)
            yield at

    def _try(self, call: Call, at: datetime) -> bool:
        """Whether they answer this time."""
        call.attempts += 1
        call.tried_at = at
        reached = self.chance(0.72)
        if reached:
            call.state = CallBack.State.DONE
        summary = self.general("reached" if reached else "not_reached")
        sealed = self.life.sealed
        talk = Talk(
            "phone",
            at - timedelta(minutes=1 + self.rng.random() * 3),
            at,
            "case",
            "" if sealed else summary,
            operator=self.caller.id,
            person=None if sealed else self.life.matter.person,
            outgoing=True,
        )
        self.life.talked(talk)
        return reached

    # ---- Transfers ----

    def hand_over(self) -> None:
        """Somebody says "not ours"; most receivers answer."""
        to = self.other_agency()
        if to is None:
            return
        life = self.life
        life.propose(to, self.general("not_ours"), self.work(4), self.staff.liaison(self.agency))
        draw = self.rng.random()
        at = self.work(3)
        answer_by = life.handovers[-1].answer_by
        if draw < 0.2 or at >= answer_by:
            life.expire()
            self.sort_out()
        elif draw < 0.5:
            life.refuse(self.general("refused"), at, self.staff.liaison(to))
            self.sort_out()
        else:
            life.accept(at, self.staff.liaison(to))
            self.distribute()
            life.start(self.work(10), self.hand)

    def other_agency(self, among: Sequence[str] = ()) -> Agency | None:
        world = self.life.world
        names = [name for name in among or self.writer.plan.paces if name in world.agencies]
        others = [world.agencies[n] for n in names if world.agencies[n] != self.life.agency]
        return self.rng.choice(others) if others else None

    def sort_out(self) -> None:
        """Triage decides after a refusal or a silence."""
        by = self.staff.supervisor(self.rng)
        agency = self.life.handovers[-1].from_agency
        self.life.route_to(agency, self.after(8), by, self.general("routed_back"))
        self.distribute()
        self.life.start(self.work(8), self.hand)

    # ---- Sealed ----

    def investigate(self) -> None:
        """A sealed case is worked by the denunciation officer alone."""
        life = self.life
        officer = self.staff.officer(self.rng)
        life.start(self.work(20), officer)
        life.note(self.general("sealed_note"), self.work(20), officer)
        readers = self.readers()
        if readers and self.chance(0.25):
            life.grant(self.rng.choice(readers), self.work(20), officer)
        if self.chance(0.3):
            life.inform(self.general("sealed_progress"), self.work(60), officer)
            self.ring(CallBack.Reason.INFORM)
        at = life.world.in_office(life.latest + timedelta(days=self.rng.uniform(12, 70)), self.rng)
        life.resolve(self.general("sealed_solved"), at, officer)
        self.ask_whether_solved()

    def readers(self) -> list[User]:
        """Whom an officer may let in: the first executive, who signs in, and quality."""
        return [*self.staff.users("executive")[:1], *self.staff.users("quality")]
