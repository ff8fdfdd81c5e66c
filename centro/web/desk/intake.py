"""What an operator does with a screen: begins it, keeps it, and ends it in one of four ways."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.models import User
from centro.agencies.scopes import actor_of
from centro.cases.actions import Matter, add_affected, add_report, open_case
from centro.cases.models import Case, Incident
from centro.catalog.models import CaseKind
from centro.contacts.actions import (
    answer_contact,
    drop_draft,
    finish_contact,
    hand_over_contact,
    open_contact,
    save_draft,
    start_draft,
)
from centro.contacts.models import Contact, Draft
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotFound
from centro.knowledge.models import Article, EmergencyNumber
from centro.people.actions import remember_person
from centro.people.models import Person
from centro.web.desk.casing import conversation_of, save_from_talk
from centro.web.desk.forms.intake import ANONYMOUS, IntakeForm, is_id, meaning_of
from centro.web.desk.screen import LONGEST, NAMES, Typed, typed_of
from centro.web.desk.ways import Way

FACE = Draft.Face.DESK
_CODE_SHOWN_FOR = timedelta(hours=12)


# ---- The draft ----


@transaction.atomic
def begin(*, channel: str, who: str, user: User) -> Draft:
    """Open the contact and an empty screen for it."""
    if channel not in Way.values:
        raise Invalid(_("Elija cómo llegó la persona."))
    contact = open_contact(channel=channel, operator=user, by=actor_of(user))
    typed = dict.fromkeys(NAMES, "") | {
        "channel": channel,
        "language": settings.LANGUAGE_CODE,
        "who": who.replace("\x00", "")[:120],
    }
    started = contact.started_at.isoformat()
    return start_draft(face=FACE, user=user, contact=contact.pk, started=started, **typed)


def own_drafts(user: User) -> list[Draft]:
    """This user's unfinished screens, newest first."""
    drafts = Draft.objects.filter(face=FACE, user=user).order_by("-updated_at")
    return list(drafts[:20])


def own_draft(token: UUID, user: User) -> Draft | None:
    return Draft.objects.filter(token=token, face=FACE, user=user).first()


def keep(token: UUID, typed: Typed, user: User) -> Draft:
    """Write what was typed into the user's own draft (NotFound when it is not theirs)."""
    return save_draft(token=token, face=FACE, user=user, **typed)


def came_to_an_end(token: UUID, user: User) -> bool:
    """Whether nothing is left to keep: the screen became this user's case, or is nobody's any
    more. What another has is no end.
    """
    if Draft.objects.filter(token=token).exists():
        return False
    others = Case.objects.filter(intake_token=token).exclude(opened_by=user)
    return not others.exists()


# ---- What the operator decides ----


@transaction.atomic
def save_case(token: UUID, form: IntakeForm, user: User) -> Case:
    """Open the case, end its contact and forget the draft: all of it or nothing.

    Saving the same screen twice, however quickly, gives the same case.
    """
    draft = lock_draft(token, user)
    if draft is None:
        return opened_from(token, user)
    conversation = conversation_of(draft, user)
    if conversation is not None:
        return save_from_talk(draft, conversation, form, _matter(form), user)[0]
    by = actor_of(user)
    told = form.cleaned_data
    contact = _contact_of(draft, user)
    case = open_case(
        matter=_matter(form),
        channel=told["channel"],
        person=form.found_person,
        reporter=form.reporter(),
        anonymous=form.anonymous,
        language=told["language"],
        intake_token=token,
        spoken_at=told["spoken_at"],
        contact=contact,
        by=by,
    )
    # Whoever lists contacts must not read there who brought a sealed matter, nor which.
    finish_contact(
        contact=contact,
        summary="" if case.is_sealed else told["description"],
        reference=case.number,
        person=None if case.is_sealed else case.person,
        by=by,
    )
    drop_draft(token=token)
    return case


def opened_from(token: UUID, user: User) -> Case:
    """The case that this user opened from the screen with this token."""
    cases = Case.objects.filter(intake_token=token, opened_by=user)
    case = cases.select_related("service", "agency", "place__district", "place__province").first()
    if case is None:
        raise NotFound(_("Esa atención ya no existe. Empiece otra."))
    return case


def too_late_for_code(case: Case) -> bool:
    """The code is the citizen's: the desk may repeat it only while the call may still go on."""
    return now() - case.opened_at > _CODE_SHOWN_FOR


def lock_draft(token: UUID, user: User) -> Draft | None:
    """The user's draft for this transaction alone: a second click waits, and then finds none."""
    drafts = Draft.objects.select_for_update().filter(token=token, face=FACE, user=user)
    return drafts.first()


def _matter(form: IntakeForm) -> Matter:
    told = form.cleaned_data
    assert form.found_service is not None
    lat, lon = form.point or (None, None)
    return Matter(
        service=form.found_service,
        description=told["description"],
        place=form.found_place,
        lat=lat,
        lon=lon,
        reference=told["reference"] or form.mark,
        answers=form.questions.answers() if form.questions else {},
        against_handler=told["against"] and form.found_service.kind == CaseKind.DENUNCIATION,
        incident=_event(told["event"]),
    )


@transaction.atomic
def answer_now(token: UUID, typed: Typed, article_id: str, user: User) -> Contact:
    """The question was answered while talking: a counted contact, and no case."""
    draft = _locked_or_refuse(token, user)
    article = Article.objects.filter(pk=int(article_id)).first() if is_id(article_id) else None
    summary = typed["description"].strip() or (article.title if article else "")
    if not summary:
        raise Invalid(_("Escriba en una línea qué preguntó la persona, para poder contarlo."))
    contact = _contact_of(draft, user)
    by = actor_of(user)
    answered = answer_contact(contact=contact, article=article, summary=summary, by=by)
    drop_draft(token=token)
    return answered


@transaction.atomic
def join_case(token: UUID, typed: Typed, number: str, user: User) -> Case:
    """This caller reports what is already being worked: say so on that case, open no other."""
    draft = _locked_or_refuse(token, user)
    case = Case.objects.reach(number, user, to="work")
    description = typed["description"].strip()
    if not description:
        raise Invalid(_("Escriba qué cuenta esta persona antes de sumarla al caso."))
    by = actor_of(user)
    case = add_report(case=case, text=description[:LONGEST], by=by)
    finish_contact(
        contact=_contact_of(draft, user),
        summary=description,
        reference=case.number,
        person=_speaker(typed, by),
        by=by,
    )
    drop_draft(token=token)
    return case


@transaction.atomic
def count_with_event(token: UUID, typed: Typed, pk: str, user: User) -> Incident:
    """This caller has what everybody there has: counted, told, and no case."""
    draft = _locked_or_refuse(token, user)
    incident = _event(pk)
    if incident is None:
        raise NotFound(_("Ese evento ya terminó."))
    by = actor_of(user)
    add_affected(incident=incident, by=by)
    told = typed["description"].strip()
    summary = f"{incident.title}: {told}" if told else incident.title
    contact = _contact_of(draft, user)
    answer_contact(contact=contact, summary=summary[:LONGEST], agency=incident.agency, by=by)
    drop_draft(token=token)
    return incident


def _event(pk: str) -> Incident | None:
    if not is_id(pk):
        return None
    return Incident.objects.open().select_related("agency").filter(pk=pk).first()


@transaction.atomic
def hand_over(token: UUID, number: str, user: User) -> EmergencyNumber:
    """Pass the call to an emergency service. What was typed stays, in case there is a case too."""
    draft = _locked_or_refuse(token, user)
    to = EmergencyNumber.objects.filter(number=number[:20], active=True).first()
    if to is None:
        raise NotFound(_("Ese número de emergencia no existe."))
    hand_over_contact(contact=_contact_of(draft, user), number=to.number, by=actor_of(user))
    save_draft(token=token, face=FACE, user=user, contact=None, handed_over=to.number)
    return to


def handed_over_to(draft: Draft) -> EmergencyNumber | None:
    """The emergency service that took this call, if one did."""
    return EmergencyNumber.objects.filter(number=draft.data.get("handed_over", "")).first()


@transaction.atomic
def discard(token: UUID, user: User) -> None:
    """Give the screen up. The contact stays, as one that is only noted."""
    draft = lock_draft(token, user)
    if draft is None:
        return
    if draft.data.get("contact"):
        summary = typed_of(draft).get("description", "")
        finish_contact(contact=_contact_of(draft, user), summary=summary, by=actor_of(user))
    drop_draft(token=token)


def _locked_or_refuse(token: UUID, user: User) -> Draft:
    draft = lock_draft(token, user)
    if draft is None:
        raise NotFound(_("Esa atención ya no existe. Empiece otra."))
    return draft


def _contact_of(draft: Draft, user: User) -> Contact:
    """The contact that began with the screen; a new one when that was handed over."""
    contact = Contact.objects.filter(pk=draft.data.get("contact"), operator=user).first()
    if contact is not None:
        return contact
    channel = draft.data.get("channel")
    channel = channel if channel in Way.values else Way.PHONE
    return open_contact(channel=channel, operator=user, by=actor_of(user))


def _speaker(typed: Typed, by: Actor) -> Person | None:
    """Who is on the line: the one chosen, or the one whom the words of the screen describe."""
    chosen = typed["person"]
    if chosen == ANONYMOUS:
        return None
    if is_id(chosen):
        return Person.objects.filter(pk=int(chosen)).first()
    given = {name: typed[name] for name in ("name", "phone", "cedula", "email")}
    for name, value in meaning_of(typed["who"]).items():
        given[name] = given[name] or value
    return remember_person(**given, by=by)
