"""Worked examples of business time, on the calendar of Panama's offices."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from centro.kernel.calendar import (
    ALWAYS_WEEK,
    Calendar,
    Hours,
    Skipped,
    SpecialDay,
    Term,
    Unit,
    add_seconds,
    around_the_clock,
    office_week,
    seconds_between,
    share_moment,
    skipped_days,
    term_end,
)
from tests.kernel.minutes import panama_offices

PANAMA = ZoneInfo("America/Panama")
HOUR = 3600
WEEK = office_week(time(8), time(16))


# In November 2026 offices close on the 3rd, 5th, 10th and 28th (a Saturday); the 4th is for banks.
OFFICE = panama_offices()
ALWAYS = around_the_clock(PANAMA)
CLOSED = Calendar(PANAMA, ((),) * 7)


def at(day: int, hour: int = 10, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PANAMA)


def working_days(start: datetime, days: int, calendar: Calendar = OFFICE) -> datetime:
    return term_end(calendar, start, Term(days, Unit.WORKING_DAYS))


# ---- Terms ----


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (at(23), 1, at(24, 16)),  # Monday to Tuesday
        (at(23, 23), 1, at(24, 16)),  # after hours is still the day of receipt
        (at(20), 1, at(23, 16)),  # Friday to Monday
        (at(21), 1, at(23, 16)),  # Saturday: Monday is the first working day
        (at(2), 1, at(4, 16)),  # the 3rd is a holiday, the 4th is one for banks alone
        (at(2), 2, at(6, 16)),  # the 5th too
        (at(2), 4, at(11, 16)),  # the weekend and the 10th
        (at(27), 1, at(30, 16)),  # the 28th falls on a Saturday and takes nothing away
        (at(24, 9, month=12), 5, datetime(2027, 1, 4, 16, tzinfo=PANAMA)),
    ],
)
def test_working_days_leave_out_the_day_of_receipt_and_end_at_closing_time(received, days, due):
    assert working_days(received, days) == due


def test_a_local_holiday_on_the_fourth_moves_the_term_by_a_day():
    closed = Calendar(PANAMA, WEEK, {**OFFICE.special, date(2026, 11, 4): SpecialDay("Cierre")})
    assert working_days(at(2), 1, closed) == at(6, 16)


def test_a_working_day_ends_when_its_last_interval_does():
    split = (Hours(8 * 60, 12 * 60), Hours(13 * 60, 17 * 60))
    calendar = Calendar(
        PANAMA, (split,) * 7, {date(2026, 11, 4): SpecialDay("Medio día", (Hours(480, 720),))}
    )
    assert working_days(at(2), 1, calendar) == at(3, 17)
    assert working_days(at(2), 2, calendar) == at(4, 12)


def test_the_local_day_counts_not_the_utc_day():
    late_evening = datetime(2026, 11, 24, 3, tzinfo=UTC)  # still the 23rd in Panama
    assert working_days(late_evening, 1) == at(24, 16)


def test_urgent_services_never_close():
    assert working_days(at(2), 1, ALWAYS) == at(4, 0)
    assert seconds_between(ALWAYS, at(2), at(4)) == 48 * HOUR


@pytest.mark.parametrize(
    ("received", "hours", "due"),
    [
        (at(2, 8), 8, at(2, 16)),  # used up at closing time: due then, not on the next morning
        (at(2, 10), 8, at(4, 10)),
        (at(2, 17), 1, at(4, 9)),  # after hours it begins at the next opening
        (at(1), 1, at(2, 9)),  # so it does on a Sunday
        (at(4, 15), 10, at(9, 9)),
    ],
)
def test_working_hours_run_from_the_moment(received, hours, due):
    assert term_end(OFFICE, received, Term(hours, Unit.WORKING_HOURS)) == due


@pytest.mark.parametrize("hour", [0, 10, 23])
def test_calendar_days_count_holidays_and_end_at_midnight(hour: int):
    assert term_end(OFFICE, at(2, hour), Term(3, Unit.CALENDAR_DAYS)) == at(6, 0)


@pytest.mark.parametrize("zone", ["America/Panama", "Asia/Kathmandu", "Pacific/Kiritimati"])
def test_no_day_of_many_years_is_lost_where_tables_meet(zone: str):
    calendar = around_the_clock(ZoneInfo(zone))
    noon = datetime(2015, 1, 1, 12, tzinfo=calendar.zone)
    for day in range(5000):
        start = noon + timedelta(days=day)
        due = start + timedelta(days=1, hours=12)
        assert term_end(calendar, start, Term(1, Unit.WORKING_DAYS)) == due
        assert add_seconds(calendar, start, 36 * HOUR) == due


def test_a_term_is_at_least_one():
    with pytest.raises(ValueError, match="at least one"):
        Term(0, Unit.WORKING_DAYS)


# ---- Open seconds ----


def test_only_open_seconds_count():
    assert seconds_between(OFFICE, at(2, 15), at(4, 9)) == 2 * HOUR
    assert seconds_between(OFFICE, at(3, 0), at(4, 0)) == 0
    assert seconds_between(OFFICE, at(4, 9), at(2, 15)) == 0


def test_a_stretch_of_years_counts_every_working_day():
    first, last = datetime(2020, 1, 1, tzinfo=PANAMA), datetime(2030, 1, 1, tzinfo=PANAMA)
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range((last - first).days)]
    open_days = [day for day in days if day.weekday() < 5 and day not in OFFICE.special]
    assert seconds_between(OFFICE, first, last) == len(open_days) * 8 * HOUR
    assert add_seconds(OFFICE, first, len(open_days) * 8 * HOUR).date() == open_days[-1]


def test_adding_nothing_is_due_at_once_even_when_closed():
    assert add_seconds(OFFICE, at(1), 0) == at(1)


def test_adding_less_than_nothing_goes_back_over_open_seconds():
    assert add_seconds(OFFICE, at(4, 9), -2 * HOUR) == at(2, 15)
    assert add_seconds(OFFICE, at(4, 9), -HOUR) == at(2, 16)


def test_parts_of_a_second_are_not_counted():
    late = at(2) + timedelta(microseconds=999_999)
    assert seconds_between(OFFICE, at(2), late) == 0
    assert add_seconds(OFFICE, late, 1) == at(2) + timedelta(seconds=1)


def test_opening_hours_follow_the_local_clock_and_elapsed_seconds_are_real():
    havana = around_the_clock(ZoneInfo("America/Havana"))
    change = datetime(2026, 3, 8, 12, tzinfo=havana.zone)  # midnight was one o'clock
    assert seconds_between(havana, change - timedelta(days=1), change) == 23 * HOUR
    assert term_end(havana, change - timedelta(days=1), Term(1, Unit.WORKING_DAYS)) == datetime(
        2026, 3, 9, tzinfo=havana.zone
    )


# ---- Shares ----


def test_shares_are_taken_over_open_seconds():
    start, due = at(2, 8), at(6, 16)  # 2, 4 and 6 November: 24 hours
    assert share_moment(OFFICE, start, due, 75) == at(6, 10)
    assert share_moment(OFFICE, start, due, 100) == due
    assert share_moment(OFFICE, start, due, 150) == at(11, 12)


def test_pauses_use_up_nothing_of_a_target():
    start = at(2, 8)
    pause = (at(2, 12), at(4, 12))  # eight open hours
    due = add_seconds(OFFICE, pause[1], 4 * HOUR)  # a target of eight hours, four used up
    assert due == at(4, 16)
    assert share_moment(OFFICE, start, due, 50, [pause]) == at(2, 12)
    assert share_moment(OFFICE, start, due, 75, [pause]) == at(4, 14)
    after = (at(6, 8), at(6, 16))
    assert share_moment(OFFICE, start, due, 200, [after, pause]) == at(9, 16)


def test_a_target_without_an_open_second_is_shared_over_real_time():
    saturday = at(7, 0)
    due = term_end(OFFICE, saturday, Term(1, Unit.CALENDAR_DAYS))
    assert share_moment(OFFICE, saturday, due, 75) == at(8, 12)
    assert share_moment(OFFICE, saturday, due, 150) == at(10, 0)


# ---- Words ----


def test_the_days_that_did_not_count_are_named():
    found = skipped_days(OFFICE, at(2), working_days(at(2), 2))
    assert found == [
        Skipped(date(2026, 11, 3), "Separación de Panamá de Colombia"),
        Skipped(date(2026, 11, 5), "Día de Colón"),
    ]
    assert skipped_days(OFFICE, at(6), at(9, 0)) == [
        Skipped(date(2026, 11, 7)),
        Skipped(date(2026, 11, 8)),
    ]
    assert skipped_days(ALWAYS, at(2), at(30)) == []


# ---- Values and refusals ----


def test_a_calendar_is_a_value():
    same = panama_offices()
    assert same == OFFICE
    assert hash(same) == hash(OFFICE)
    assert same != Calendar(PANAMA, WEEK)


def test_what_was_given_may_change_without_changing_the_calendar():
    days = dict(OFFICE.special)
    calendar = Calendar(PANAMA, WEEK, days)
    days.clear()
    assert not calendar.is_working_day(date(2026, 11, 3))


def test_it_is_open_from_the_first_minute_to_just_before_the_last():
    assert OFFICE.is_open(at(2, 8))
    assert not OFFICE.is_open(at(2, 16))
    assert OFFICE.is_open(at(2, 15, 59))
    assert not OFFICE.is_open(at(3))
    assert OFFICE.is_open(datetime(2026, 11, 2, 20, 59, tzinfo=UTC))


@pytest.mark.parametrize("pair", [(-1, 5), (5, 5), (6, 5), (0, 1441)])
def test_hours_out_of_order_are_refused(pair: tuple[int, int]):
    with pytest.raises(ValueError, match="out of order"):
        Hours(*pair)


def test_intervals_that_overlap_or_are_not_sorted_are_refused():
    for hours in [(Hours(0, 60), Hours(59, 90)), (Hours(60, 90), Hours(0, 60))]:
        with pytest.raises(ValueError, match="overlap"):
            Calendar(PANAMA, (hours, *ALWAYS_WEEK[1:]))
        with pytest.raises(ValueError, match="overlap"):
            SpecialDay("", hours)
    with pytest.raises(ValueError, match="seven"):
        Calendar(PANAMA, ALWAYS_WEEK[:6])


def test_a_calendar_that_never_opens_is_refused_instead_of_searched_for_ever():
    for seconds in (1, -1):
        with pytest.raises(ValueError, match="does not open"):
            add_seconds(CLOSED, at(2), seconds)
    with pytest.raises(ValueError, match="does not open"):
        working_days(at(2), 1, CLOSED)
    assert seconds_between(CLOSED, at(2), at(30)) == 0
    assert term_end(CLOSED, at(2), Term(1, Unit.CALENDAR_DAYS)) == at(4, 0)


def test_a_calendar_of_dates_alone_is_found_years_away():
    once = Calendar(PANAMA, ((),) * 7, {date(2033, 5, 2): SpecialDay("", (Hours(480, 960),))})
    assert working_days(at(2), 1, once) == datetime(2033, 5, 2, 16, tzinfo=PANAMA)
    assert add_seconds(once, at(2), 1) == datetime(2033, 5, 2, 8, 0, 1, tzinfo=PANAMA)
    with pytest.raises(ValueError, match="does not open"):
        working_days(at(2), 2, once)


def test_moments_without_a_zone_are_refused():
    naive, aware = datetime(2026, 11, 2, 10), at(4)  # noqa: DTZ001 that is the point
    for ask in (
        lambda: OFFICE.is_open(naive),
        lambda: seconds_between(OFFICE, naive, aware),
        lambda: seconds_between(OFFICE, aware, naive),
        lambda: add_seconds(OFFICE, naive, 0),
        lambda: share_moment(OFFICE, naive, aware, 0),
        lambda: share_moment(OFFICE, aware, aware, 50, [(naive, aware)]),
        lambda: skipped_days(OFFICE, naive, aware),
        *(lambda unit=unit: term_end(OFFICE, naive, Term(1, unit)) for unit in Unit),
    ):
        with pytest.raises(ValueError, match="time zone"):
            ask()
