"""Which cases this session has opened with their code. Kept in the session, on the server."""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest

from centro.cases.models import Case
from centro.cases.statuses import Status
from centro.catalog.models import Confidentiality
from centro.kernel.clock import now
from centro.kernel.errors import Invalid
from centro.kernel.numbers import access_code, answer_key, parse_number, same_code
from centro.web.limits import address_of
from centro.web.public import limits

_KEY = "opened_cases"
LASTS = timedelta(hours=4)
MOST = 20
ANSWERS = ("yes", "no")


def open_with_code(request: HttpRequest, number: str, code: str) -> str | None:
    """Let this session into a case; return its number, or None for any wrong pair.

    A case that does not exist, a wrong number and a wrong code are told apart by nothing: the
    attempt is counted, the code is compared with the one the number would have, and only a right
    one asks the database.
    """
    try:
        canonical = parse_number(number)
    except Invalid:
        limits.count_guess(request, "unreadable:" + address_of(request))
        return None
    limits.count_guess(request, canonical)
    if not same_code(code, access_code(canonical, settings.ACCESS_KEY)):
        return None
    case = Case.objects.numbered(canonical).only("pk").first()
    if case is None:
        return None
    _remember(request, canonical)
    return canonical


def _remember(request: HttpRequest, number: str) -> None:
    request.session.cycle_key()
    opened = {n: until for n, until in _opened(request).items() if until > now().timestamp()}
    opened.pop(number, None)
    opened[number] = (now() + LASTS).timestamp()
    request.session[_KEY] = dict(list(opened.items())[-MOST:])


def _opened(request: HttpRequest) -> dict[str, float]:
    opened: dict[str, float] = request.session.get(_KEY, {})
    return opened


def reach_opened(request: HttpRequest, number: str) -> Case | None:
    """The case, if this session opened it not long ago."""
    try:
        canonical = parse_number(number)
    except Invalid:
        return None
    if _opened(request).get(canonical, 0.0) < now().timestamp():
        return None
    related = Case.objects.select_related(
        "service", "agency", "place__district", "duplicate_of", "incident"
    )
    return related.numbered(canonical).first()


def reach_by_key(request: HttpRequest, number: str, key: str) -> tuple[Case, str] | None:
    """The case and the answer ("yes" or "no") that the key of a link in a letter stands for.

    None for whatever is no such key now: forged, of an earlier question, answered already, or of
    a case that became confidential. Counted before anything is read.
    """
    try:
        canonical = parse_number(number)
    except Invalid:
        limits.count_answer(request, "unreadable:" + address_of(request))
        return None
    limits.count_answer(request, canonical)
    asked = Case.objects.filter(status=Status.RESOLVED, confidentiality=Confidentiality.OPEN)
    case = asked.numbered(canonical).select_related("service", "agency").first()
    if case is None:
        return None
    for answer in ANSWERS:
        wanted = answer_key(canonical, case.cycle, answer, settings.ACCESS_KEY)
        if compare_digest(key.encode("utf-8", "replace"), wanted.encode()):
            return case, answer
    return None


def forget_all(request: HttpRequest) -> None:
    """Close every case opened in this session."""
    request.session.pop(_KEY, None)
