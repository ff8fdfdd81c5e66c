"""Everything that may happen to a case. Each function is one use case and one transaction."""

from __future__ import annotations

from centro.cases.actions.asking import (
    close_unanswered,
    follow_failed_letters,
    remind_unanswered,
)
from centro.cases.actions.auditing import draw_audits, judge_closure
from centro.cases.actions.closing import close_case, confirm_case, reopen_case, withdraw_case
from centro.cases.actions.custody import (
    grant_access,
    record_look,
    revoke_access,
    set_confidentiality,
)
from centro.cases.actions.dialogue import (
    add_information,
    add_report,
    ask_citizen,
    record_attempt,
)
from centro.cases.actions.digests import send_digests
from centro.cases.actions.duplicates import mark_duplicate, unmerge_case
from centro.cases.actions.from_talk import join_conversations, open_case_from_conversation
from centro.cases.actions.incidents import (
    add_affected,
    announce_incident,
    dissolve_incident,
    hush_incident,
    join_incident,
    leave_incident,
    open_incident,
    resolve_incident,
    solve_next_cases,
)
from centro.cases.actions.instructions import (
    answer_instruction,
    instruct_agency,
    withdraw_instruction,
)
from centro.cases.actions.interim import LONGEST_PROMISE, interim_reply, usual_promise
from centro.cases.actions.ladder import escalate_due
from centro.cases.actions.mailed_tasks import mail_tasks
from centro.cases.actions.notices import mark_notices_seen, tell_rung
from centro.cases.actions.offline import MOST_NUMBERS, note_press, reserve_numbers, void_number
from centro.cases.actions.opening import MOST_PHOTOS, Matter, Reporter, open_case
from centro.cases.actions.promises import acknowledge_escalation, follow_promises
from centro.cases.actions.receiving import (
    add_late_files,
    link_conversation,
    receive_message,
    unlink_conversation,
)
from centro.cases.actions.retargeting import QUEUE as RETARGETING
from centro.cases.actions.retargeting import (
    begin_retargeting,
    enforce_agreement,
    enforce_calendar,
    move_clocks,
    restart_retargetings,
)
from centro.cases.actions.sorting import reclassify_case, route_case
from centro.cases.actions.sweeps import end_waits, expire_transfers
from centro.cases.actions.transfers import (
    accept_transfer,
    expire_transfer,
    propose_transfer,
    refuse_transfer,
)
from centro.cases.actions.work import (
    add_note,
    assign_case,
    attach_photo,
    hold_case,
    resolve_case,
    resume_case,
    start_case,
)

__all__ = [
    "LONGEST_PROMISE",
    "MOST_NUMBERS",
    "MOST_PHOTOS",
    "RETARGETING",
    "Matter",
    "Reporter",
    "accept_transfer",
    "acknowledge_escalation",
    "add_affected",
    "add_information",
    "add_late_files",
    "add_note",
    "add_report",
    "announce_incident",
    "answer_instruction",
    "ask_citizen",
    "assign_case",
    "attach_photo",
    "begin_retargeting",
    "close_case",
    "close_unanswered",
    "confirm_case",
    "dissolve_incident",
    "draw_audits",
    "end_waits",
    "enforce_agreement",
    "enforce_calendar",
    "escalate_due",
    "expire_transfer",
    "expire_transfers",
    "follow_failed_letters",
    "follow_promises",
    "grant_access",
    "hold_case",
    "hush_incident",
    "instruct_agency",
    "interim_reply",
    "join_conversations",
    "join_incident",
    "judge_closure",
    "leave_incident",
    "link_conversation",
    "mail_tasks",
    "mark_duplicate",
    "mark_notices_seen",
    "move_clocks",
    "note_press",
    "open_case",
    "open_case_from_conversation",
    "open_incident",
    "propose_transfer",
    "receive_message",
    "reclassify_case",
    "record_attempt",
    "record_look",
    "refuse_transfer",
    "remind_unanswered",
    "reopen_case",
    "reserve_numbers",
    "resolve_case",
    "resolve_incident",
    "restart_retargetings",
    "resume_case",
    "revoke_access",
    "route_case",
    "send_digests",
    "set_confidentiality",
    "solve_next_cases",
    "start_case",
    "tell_rung",
    "unlink_conversation",
    "unmerge_case",
    "usual_promise",
    "void_number",
    "withdraw_case",
    "withdraw_instruction",
]
