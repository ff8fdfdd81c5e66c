"""Counting attempts, so that nobody can guess codes or passwords or flood the centre.

The counter is one row per key in PostgreSQL: every web process and machine shares it.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import ngettext

from centro.accounts.models import Bucket
from centro.kernel.clock import now
from centro.kernel.errors import TooMany

# The window begins with the first attempt and ends for all its attempts at once. A count need not
# survive a power cut, so that alone (outside a transaction) it does not wait for the disk.
_COUNT = """
    WITH setting AS MATERIALIZED (
        SELECT CASE WHEN %(alone)s THEN set_config('synchronous_commit', 'off', true) END
    )
    INSERT INTO accounts_bucket AS bucket (key, count, ends_at)
    SELECT %(key)s, 1, %(ends)s::timestamptz FROM setting
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN bucket.ends_at <= %(now)s THEN 1 ELSE bucket.count + 1 END,
        ends_at = CASE WHEN bucket.ends_at <= %(now)s THEN %(ends)s ELSE bucket.ends_at END
    RETURNING count, ends_at
"""


def count_attempt(key: str, *, limit: int, window: timedelta) -> None:
    """Count one attempt; raise TooMany when it is more than `limit` in its window.

    One statement. Call it outside a transaction: a refusal must not take its own count back, and
    attempts of many people at one key would wait for each other.
    """
    moment = now()
    count, ends_at = _count(key, moment, window)
    if count > limit:
        raise _too_many(ends_at, moment)


def is_first_attempt(key: str, *, window: timedelta) -> bool:
    """Whether nobody tried this in its window before; of two at once, one is the first."""
    return _count(key, now(), window)[0] == 1


def _count(key: str, moment: datetime, window: timedelta) -> tuple[int, datetime]:
    with connection.cursor() as cursor:
        alone = not connection.in_atomic_block
        ends = moment + window
        cursor.execute(_COUNT, {"key": _digest(key), "now": moment, "ends": ends, "alone": alone})
        count, ends_at = cursor.fetchone()
    return count, ends_at


def forget_attempts(key: str) -> None:
    """Begin anew, for example after somebody has signed in."""
    Bucket.objects.filter(key=_digest(key)).delete()


def purge_buckets() -> int:
    """Delete the windows that ended. Returns how many."""
    return Bucket.objects.filter(ends_at__lt=now()).delete()[0]


def _digest(key: str) -> str:
    # Keys name addresses and sessions, which need not be readable in a backup.
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _too_many(ends_at: datetime, moment: datetime) -> TooMany:
    seconds = max(math.ceil((ends_at - moment).total_seconds()), 1)
    minutes = math.ceil(seconds / 60)
    message = ngettext(
        "Hubo demasiados intentos. Espere %(n)d minuto y pruebe otra vez.",
        "Hubo demasiados intentos. Espere %(n)d minutos y pruebe otra vez.",
        minutes,
    )
    return TooMany(message % {"n": minutes}, retry_after=seconds)
