"""Cases and what hangs on them."""

from __future__ import annotations

from centro.cases.models.audits import ClosureAudit
from centro.cases.models.belongings import CasePhoto, MailedTask, SavedFilter
from centro.cases.models.case import Case, CaseQuerySet
from centro.cases.models.clocks import ClockEvent, SlaClock
from centro.cases.models.conversations import CaseConversation
from centro.cases.models.custody import Grant, Look
from centro.cases.models.dialogues import Dialogue
from centro.cases.models.handing import Transfer
from centro.cases.models.incidents import Incident, Instruction
from centro.cases.models.ladder import Escalation, Notice
from centro.cases.models.offline import NumberBlock, PressMention, ReservedNumber
from centro.cases.models.retargeting import Retargeting
from centro.cases.models.trail import TimelineEntry

__all__ = [
    "Case",
    "CaseConversation",
    "CasePhoto",
    "CaseQuerySet",
    "ClockEvent",
    "ClosureAudit",
    "Dialogue",
    "Escalation",
    "Grant",
    "Incident",
    "Instruction",
    "Look",
    "MailedTask",
    "Notice",
    "NumberBlock",
    "PressMention",
    "ReservedNumber",
    "Retargeting",
    "SavedFilter",
    "SlaClock",
    "TimelineEntry",
    "Transfer",
]
