"""A conversation on the operator's screen: filled in beforehand, and what follows when it is saved."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from centro.accounts.models import User
from centro.agencies.scopes import actor_of
from centro.cases.actions import Matter, open_case_from_conversation
from centro.cases.models import Case
from centro.cases.talks import reach_talk
from centro.contacts.actions import drop_draft, finish_contact, open_contact, start_draft
from centro.contacts.models import Conversation, Draft
from centro.contacts.ways import Way
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.web.desk.forms.intake import IntakeForm
from centro.web.desk.screen import LONGEST, NAMES
from centro.web.desk.spots import spots_for
from centro.web.desk.talkfile import Hints, TalkFile

# How the screen names a channel of which it has no button of its own.
_WAYS = {"email": Way.EMAIL, "facebook": Way.SOCIAL, "x": Way.SOCIAL}


@transaction.atomic
def begin_case(file: TalkFile, user: User) -> Draft:
    """The screen of this user for a conversation; a second press gives the same one."""
    talk = file.talk
    mine = Draft.objects.filter(face=Draft.Face.DESK, user=user, data__conversation=talk.pk)
    begun = mine.first()
    if begun is not None and begun.data.get("seen") == talk.cases_opened:
        return begun
    return start_draft(
        face=Draft.Face.DESK,
        user=user,
        conversation=talk.pk,
        seen=talk.cases_opened,
        started=now().isoformat(),
        **_typed(file),
    )


def _typed(file: TalkFile) -> dict[str, str]:
    talk, hints = file.talk, Hints(file)
    identity = talk.identity
    language = talk.language if talk.language in dict(settings.LANGUAGES) else "es"
    typed = dict.fromkeys(NAMES, "") | {
        "channel": str(_WAYS.get(talk.channel, Way.MESSAGE)),
        "language": language,
        "description": _words_of(file)[:LONGEST],
        "service": hints.services[0].code if hints.services else "",
    }
    if hints.spot is not None:
        typed |= _place_of(hints.spot.label, hints.spot.place.code)
    if talk.person is not None:
        typed |= {"person": str(talk.person.pk), "who": talk.person.display_name[:120]}
    elif identity is not None:
        email = identity.external_id if identity.kind == "email" else ""
        typed |= {"name": identity.name[:120], "phone": identity.phone, "email": email[:200]}
    return typed


def _place_of(label: str, code: str) -> dict[str, str]:
    """The place as the screen would have found it by its name."""
    name = label.partition(" (")[0]
    spots = spots_for(name)
    spot = next((one for one in spots if one.code == code), None)
    return {"where": name, "place": spot.value if spot else code}


def _words_of(file: TalkFile) -> str:
    """What the person said since the last answer; all of it where everything was answered."""
    said: list[str] = []
    for entry in file.entries:
        if entry.sent is not None and entry.sent.name != "surge_notice":
            if file.talk.waiting_since:
                said.clear()
        elif entry.said is not None and not entry.odd and entry.text.strip():
            said.append(entry.text.strip())
    return "\n\n".join(dict.fromkeys(said))


def conversation_of(draft: Draft, user: User) -> Conversation | None:
    """The conversation that a screen was begun from, if it was, and this user may still read it."""
    pk = draft.data.get("conversation")
    return reach_talk(pk, user) if isinstance(pk, int) else None


def save_from_talk(
    draft: Draft, conversation: Conversation, form: IntakeForm, matter: Matter, user: User
) -> tuple[Case, bool]:
    """Open the case from a locked draft and forget it; the case, and whether this opened it."""
    by = actor_of(user)
    told = form.cleaned_data
    contact = open_contact(
        channel=conversation.channel, operator=user, started_at=draft.created_at, by=by
    )
    case, new = open_case_from_conversation(
        conversation=conversation,
        matter=matter,
        seen=int(draft.data.get("seen", 0)),
        user=user,
        person=form.found_person,
        reporter=form.reporter(),
        anonymous=form.anonymous,
        language=told["language"],
        intake_token=draft.token,
        contact=contact,
        by=by,
    )
    if new:
        finish_contact(
            contact=contact,
            summary="" if case.is_sealed else told["description"],
            reference=case.number,
            person=None if case.is_sealed else case.person,
            by=by,
        )
    else:
        contact.delete()
    drop_draft(token=draft.token)
    return case, new


def talk_behind(draft: Draft | None, user: User) -> Conversation | None:
    """The conversation to go back to once its case is open; None where it is out of sight then."""
    if draft is None:
        return None
    try:
        return conversation_of(draft, user)
    except NotFound:
        return None
