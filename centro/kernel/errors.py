"""The one family of exceptions that means "no, and here is why"."""

from __future__ import annotations


class Refused(Exception):
    """A rule of the service says no. The message may be shown to the person who asked."""

    code = "refused"
    status = 409

    def __init__(self, message: str, **data: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFound(Refused):
    """Absent, or not visible to this actor: the two must look the same from outside."""

    code = "not_found"
    status = 404


class NotAllowed(Refused):
    """This actor's role may never do this, whatever the object."""

    code = "not_allowed"
    status = 403


class Invalid(Refused):
    """What was given cannot be understood or kept; the message says what would be."""

    code = "invalid"
    status = 422


class NoRoom(Refused):
    """The machine cannot keep it now (a full disk); the same may well be kept in a while."""

    code = "no_room"
    status = 507


class TooMany(Refused):
    """Asked too often; the message says when to try again."""

    code = "too_many"
    status = 429
