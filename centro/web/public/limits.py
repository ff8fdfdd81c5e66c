"""How often one may try: strict for one case, generous for an address that a town may share."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from centro.accounts.limits import count_attempt
from centro.web.limits import address_of

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def count_start(request: HttpRequest) -> None:
    """Somebody begins a report: few in one session, many from one address."""
    session = request.session.session_key
    if session:
        count_attempt(f"draft:session:{session}", limit=30, window=HOUR)
    count_attempt(f"draft:address:{address_of(request)}", limit=600, window=HOUR)


def count_opening(request: HttpRequest) -> None:
    """A report is sent. One draft is one case anyway; this bounds an address."""
    count_attempt(f"case:address:{address_of(request)}", limit=300, window=HOUR)


def count_guess(request: HttpRequest, number: str) -> None:
    """A code is tried for a case: counted before it is compared, right or wrong."""
    count_attempt(f"code:case:{number[:20]}", limit=15, window=QUARTER)
    count_attempt(f"code:address:{address_of(request)}", limit=120, window=HOUR)


def count_answer(request: HttpRequest, number: str) -> None:
    """A link of a letter is opened or used. Programs that look through mail open each several times."""
    count_attempt(f"answer:case:{number[:20]}", limit=60, window=QUARTER)
    count_attempt(f"answer:address:{address_of(request)}", limit=600, window=HOUR)


def count_word(case_id: int) -> None:
    """The citizen adds something to a case."""
    count_attempt(f"word:case:{case_id}", limit=20, window=HOUR)
