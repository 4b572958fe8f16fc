"""One reading for the whole column: the day that is written, or no day at all."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import rfmtool as command

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError, LimitError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.sources.cells.date_formats import (
    DATE_FORMATS,
    DAY_FIRST,
    ISO,
    MONTH_FIRST,
    parse_date_format,
    with_time_zone,
)
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.layout import Asked
from rfmtool.sources.text import dialect

READING = {reading.name: reading for reading in DATE_FORMATS}
EPOCH = date(1970, 1, 1)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
STRFTIME = {
    "Y-M-D": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.123Z"),
    "YYYYMMDD": ("%Y%m%d",),
    "D.M.Y": ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M:%S"),
    "D/M/Y": ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%Y %H:%M"),
    "M/D/Y": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p"),
    "D Mon Y": ("%d %b %Y", "%d-%B-%Y", "%a, %d %b %Y %H:%M:%S +0000", "%d%b%Y"),
    "D.M.Y.": ("%d.%m.%Y.", "%d.%m.%Y. %H:%M"),
    "D. M. Y": ("%d. %m. %Y", "%d. %m. %Y. %H:%M"),
    "Y.M.D.": ("%Y.%m.%d.", "%Y.%m.%d. %H:%M"),
    "Y. M. D": ("%Y. %m. %d.", "%Y. %m. %d. %H:%M"),
    "Y Mon D": ("%Y-%b-%d", "%Y. %B %d.", "%Y %b %d %H:%M"),
    "D thg M Y": ("%d thg %m, %Y",),
    "Mon D Y": ("%b %d, %Y", "%B %d, %Y", "%A, %B %d, %Y", "%b %d, %Y %I:%M:%S %p"),
    "Y年M月D日": ("%Y年%m月%d日", "%Y年%m月%d日 %H:%M"),
}
WRITTEN = [(name, form) for name, forms in STRFTIME.items() for form in forms]


def days_of(texts, reading=ISO):
    """The days of a column; None where a cell is no date."""
    days, unread = read_days(pa.array(texts, pa.string()), reading)
    unread = np.zeros(len(days), dtype=bool) if unread is None else unread
    return [
        None if no_date else EPOCH + timedelta(int(day))
        for day, no_date in zip(days, unread, strict=True)
    ]


@pytest.mark.parametrize(("name", "form"), WRITTEN)
@settings(max_examples=SLOW)  # for each of many
@given(days=st.lists(DAYS, min_size=1, max_size=5))
def test_every_reading_reads_back_what_strftime_writes(name, form, days):
    texts = [day.strftime(form) for day in days]

    assert days_of(texts, READING[name]) == days


@pytest.mark.parametrize("name", STRFTIME)
@settings(max_examples=SLOW)  # for each of many
@given(days=st.lists(DAYS, max_size=3))
def test_one_odd_cell_changes_no_other(name, days):
    texts = [day.strftime(STRFTIME[name][0]) for day in days]

    assert days_of([*texts, "soon", ""], READING[name]) == [*days, None, None]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("2023-02-29", "Y-M-D"),
        ("2024-02-30", "Y-M-D"),
        ("2024-13-01", "Y-M-D"),
        ("2024-00-10", "Y-M-D"),
        ("2024-01-00", "Y-M-D"),
        ("31/04/2024", "D/M/Y"),
        ("13/13/2024", "D/M/Y"),
        ("02/30/2024", "M/D/Y"),
        ("20240230", "YYYYMMDD"),
        ("31.06.2024", "D.M.Y"),
        ("30 Feb 2024", "D Mon Y"),
        ("Feb 30, 2024", "Mon D Y"),
        ("2024-01-31 25:00", "Y-M-D"),
        ("2024-01-31 10:61", "Y-M-D"),
        ("2024-01-31 later", "Y-M-D"),
        ("2024-01-31 - 2024-02-01", "Y-M-D"),
        ("45321", "Y-M-D"),
        ("4.5", "D.M.Y"),
        ("0000-01-01", "Y-M-D"),
        ("2024-01-3\u0661", "Y-M-D"),
    ],
)
def test_what_is_no_day_is_not_bent_into_one(text, reading):
    assert days_of([text, "nothing"], READING[reading]) == [None, None]


def test_a_29th_of_february_is_a_day_in_leap_years_only():
    texts = ["29/02/2024", "29/02/2023", "29/02/2000", "29/02/1900"]

    assert days_of(texts, DAY_FIRST) == [date(2024, 2, 29), None, date(2000, 2, 29), None]


def test_two_digit_years_turn_at_69_as_posix_has_it():
    assert days_of(["1/2/68", "1/2/69", "1/2/99", "1/2/00"], DAY_FIRST) == [
        date(2068, 2, 1),
        date(1969, 2, 1),
        date(1999, 2, 1),
        date(2000, 2, 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "5/31/2024 1:05 PM",
        "5/31/2024 01:05:09 pm",
        "5/31/2024 1:05 p.m.",
        "5/31/2024 11:59:59PM",
        "5/31/2024 12:00 AM",
    ],
)
def test_twelve_hour_times_leave_the_day_alone(text):
    assert days_of([text], MONTH_FIRST) == [date(2024, 5, 31)]


@pytest.mark.parametrize(
    "clock",
    [
        " - 23:59:59", " | 23:59", " um 23:59 Uhr", " à 23h59", " at 11:59 PM", " kl. 23.59",
        " 23.59", "\u00a023:59", ", 11:59\u202fPM", " 11:59 p. m.", " 11:59 م", " 11:59 μ.μ.",
        " 11:59 CH", " 오후 11:59:59", " 下午11:59", "(水) 23:59", " 23時59分", " в 23:59",
        " 23:59:59 PST", " 23:59:59 GMT+0900 (JST)", " 23:59 hs.",
    ],
)  # fmt: skip
def test_clock_times_of_other_languages_leave_the_day_alone(clock):
    assert days_of([f"31/05/2024{clock}"], DAY_FIRST) == [date(2024, 5, 31)]


@pytest.mark.parametrize(
    "text",
    ["2024-01-31 23:59:59", "2024-01-31T00:30:00+09:00", "2024-01-31T23:30:00Z", " 2024-1-31 "],
)
def test_without_a_zone_asked_for_the_day_is_the_one_written(text):
    assert days_of([text]) == [date(2024, 1, 31)]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("31-MAY-24", "D Mon Y"),
        ("31 mai 2024", "D Mon Y"),
        ("31 במאי 2024", "D Mon Y"),
        ("31 พฤษภาคม 2024", "D Mon Y"),
        ("31 moi 2024", None),
        ("May 31st, 2024", "Mon D Y"),
        ("Fri 31 May 2024", "D Mon Y"),
        ("Friday, May 31, 2024", "Mon D Y"),
        ("31. May 2024", "D Mon Y"),
    ],
)
def test_months_are_read_by_their_names(text, reading):
    found = [name for name in READING if days_of([text], READING[name]) == [date(2024, 5, 31)]]

    assert found == ([reading] if reading else [])


@given(st.lists(DAYS, max_size=6), st.integers(0, 3))
def test_the_fast_way_and_the_careful_way_give_the_same_days(days, empty):
    texts = [day.isoformat() for day in days] + [None] * empty

    assert days_of([*texts, "odd"])[:-1] == days_of(texts)


@given(st.lists(st.none() | DAYS, min_size=1, max_size=8), st.data())
def test_a_slice_of_a_column_reads_like_the_slice_of_the_days(days, data):
    start = data.draw(st.integers(0, len(days) - 1))
    column = pa.array(days, pa.date32()).slice(start)

    read, unread = read_days(column, ISO)

    unread = np.zeros(len(read), dtype=bool) if unread is None else unread
    assert [
        None if no_date else EPOCH + timedelta(int(day))
        for day, no_date in zip(read, unread, strict=True)
    ] == days[start:]


# The whole column decides ------------------------------------------------------------------------

AMBIGUOUS = ["03/04/2024", "05/06/2024", "01/02/2024"]


def export(write, days, name="export.csv"):
    rows = [f"c{place},o{place},{day},1.5" for place, day in enumerate(days)]
    return write(["customer_id,order_id,ordered_at,amount", *rows], name)


def reading_of_export(path, **asked):
    return read_export(path, asked=Asked(**asked)).export.formats.dates.name


def test_days_that_fit_both_ways_are_refused_with_both_answers(write):
    with pytest.raises(AmbiguousInputError, match="equally well") as raised:
        rfmtool.run(export(write, AMBIGUOUS))

    assert "%d/%m/%Y" in raised.value.hint
    assert "%m/%d/%Y" in raised.value.hint


@pytest.mark.parametrize(
    ("date_format", "last"), [("%d/%m/%Y", "2024-06-05"), ("%m/%d/%Y", "2024-05-06")]
)
def test_what_the_user_says_settles_it(write, date_format, last):
    result = rfmtool.run(export(write, AMBIGUOUS), asked=Asked(date_format=date_format))

    assert result.as_of.isoformat() == last


@pytest.mark.parametrize(("day", "reading"), [("13/01/2024", "D/M/Y"), ("01/13/2024", "M/D/Y")])
def test_a_single_day_13_decides_wherever_it_stands(write, day, reading, in_blocks):
    in_blocks(100)
    for place in range(3):
        days = AMBIGUOUS * 5
        days.insert(place * 7, day)
        assert reading_of_export(export(write, days)) == reading


@pytest.mark.parametrize("day", ["13/01/2024", "01/13/2024"])
def test_a_day_13_far_behind_the_sample_decides(write, day):
    rows = dialect.SAMPLE_BYTES // 15

    decided = reading_of_export(export(write, [*AMBIGUOUS * (rows // 3), day]))

    assert decided == ("D/M/Y" if day.startswith("13") else "M/D/Y")


def test_a_sample_of_nothing_but_01_01_decides_nothing(write):
    rows = dialect.SAMPLE_BYTES // 15

    with pytest.raises(AmbiguousInputError, match="equally well"):
        rfmtool.run(export(write, ["01/01/2024"] * rows + ["03/04/2024"]))
    assert reading_of_export(export(write, ["01/01/2024"] * rows + ["01/13/2024"])) == "M/D/Y"


def test_days_read_alike_both_ways_need_no_decision(write):
    result = rfmtool.run(export(write, ["01/01/2024", "02/02/2024", "12/12/2024"]))

    assert result.as_of == date(2024, 12, 12)


def test_days_that_prove_both_orders_are_refused_until_one_is_named(write):
    path = export(write, ["13/01/2024", "14/01/2024", "01/15/2024", "05/02/2024"])

    with pytest.raises(AmbiguousInputError, match="only day/month and dates that are only"):
        read_export(path)
    grouped = read_export(path, asked=Asked(date_format="%d/%m/%Y"))
    assert grouped.ledger["bad_date"] == 1


@pytest.mark.parametrize(
    ("others", "look_like"),
    [
        (["31/12/2023", "30/12/2023", "soon"], "D/M/Y"),
        (["12/31/2023", "05/02/2023", "12/30/2023"], "M/D/Y"),
        (["05/02/2023", "06/02/2023"], "D/M/Y or M/D/Y"),
        (["31.12.2023"], "D.M.Y"),
        (["45291", "45292"], "spreadsheet days, counted"),
    ],
)
def test_dates_in_a_second_format_are_told_by_it(write, others, look_like):
    path = export(write, [f"2024-01-{day:02}" for day in range(10, 20)] + others)
    said = f"Dates are read as Y-M-D; most that cannot be read look like {look_like}."

    with pytest.raises(LimitError) as raised:
        rfmtool.run(path)
    assert said in raised.value.hint
    result = rfmtool.run(path, max_rejects="100%")
    assert any(warning.startswith(said) for warning in result.summary["warnings"])
    assert said in " ".join(command("check", path).stdout.split())


@pytest.mark.parametrize("others", [["soon", "31/12/2023", "later"], ["soon"], ["", ""], []])
def test_dates_that_are_none_in_any_way_look_like_nothing(write, others):
    path = export(write, ["2024-01-10", "2024-01-11", *others])

    assert read_export(path).on_dates == ""


def test_only_what_the_taken_order_of_day_and_month_does_not_fit_is_told(write):
    path = export(write, ["13/01/2024", "14/01/2024", "05/02/2024", "2024-01-31"])

    assert read_export(path).on_dates.endswith("look like Y-M-D.")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_decides_nothing(write, seed):
    days = [*AMBIGUOUS * 10, "01/14/2024", "01/15/2024", "no day"]
    random.Random(seed).shuffle(days)  # noqa: S311 - any order will do

    assert reading_of_export(export(write, days)) == "M/D/Y"


@pytest.mark.parametrize("odd", ["2024/02/03", "2024-2-3", "x"])
@pytest.mark.parametrize(
    "cell",
    ["2024-01-31", "2024-01-31 23", "2024-01-31T23:59", "2024-01-31 23:59:59.5", "0000-01-01"],
)
def test_whether_a_day_can_be_read_does_not_hang_on_its_neighbours(cell, odd):
    def read(*cells):
        days, unread = read_days(pa.array(cells), ISO)
        return None if unread is not None and unread[0] else int(days[0])

    assert read(cell) == read(cell, odd)


CLOCKS = ["", " 9:05", " 23:59:59", ", 10:11", "T10:11:12Z", " 10:11 +0100", " 9 pm", " x", ","]


@pytest.mark.parametrize(
    "odd",
    [[], [None, "no day"], [" 2024-1-1 ", "31/2/24, 10:00"], ["1/2/2024 25:99"], ["2024-01-02 x"]],
)
@pytest.mark.parametrize(
    "clocks",
    [[""], CLOCKS, *([f" {n // 60}:{n % 60:02}{z}" for n in range(1_440)] for z in ("", " +0000"))],
)
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%y", "%b %d, %Y", "%Y年%m月%d日"])
def test_days_of_many_rows_are_read_as_those_of_few(form, clocks, odd):
    luck = random.Random(form)  # noqa: S311 - any order will do
    days = [(EPOCH + timedelta(luck.randrange(25_000))).strftime(form) for _ in range(50)]
    texts = [luck.choice(days) + luck.choice(clocks) for _ in range(1_200)] + odd

    for reading in (*DATE_FORMATS, with_time_zone(ISO, "Asia/Tokyo", None)):
        some = [days_of(texts[start : start + 700], reading) for start in range(0, len(texts), 700)]
        assert days_of(texts, reading) == [day for days in some for day in days]


def test_all_files_of_an_export_decide_together(write):
    folder = export(write, AMBIGUOUS, "shop/1.csv").parent
    export(write, ["13/01/2024"], "shop/2.csv")

    assert reading_of_export(folder) == "D/M/Y"


def test_a_column_without_a_single_date_is_refused_by_name(write):
    with pytest.raises(InputError, match=r"'ordered_at'.*no cell is a date") as raised:
        rfmtool.run(export(write, ["soon", "later"]))

    assert "soon" not in str(raised.value)


# --date-format -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("%d/%m/%Y", "05/04/2024"),
        ("%d/%m/%Y", "05/04/2024 10:20:30"),
        ("%Y|%d|%m", "2024|05|04"),
        ("%d.%m.%y", "05.04.24"),
        ("%d %B %Y", "5 April 2024"),
        ("%A %d %b %Y %I:%M %p", "Friday 05 Apr 2024 11:20 PM"),
        ("%Y%m%d%H%M", "202404051020"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-04-05T23:59:59+0000"),
    ],
)
def test_a_format_of_ones_own_is_read(date_format, text):
    assert days_of([text, "x"], parse_date_format(date_format)) == [date(2024, 4, 5), None]


@pytest.mark.parametrize(
    ("date_format", "complaint"),
    [
        ("%d/%m", "a year, a month and a day"),
        ("%d/%m/%Y/%Y", "a year, a month and a day"),
        ("%d/%m/%Q", "%Q is not understood"),
        ("%d/%m/%", "% is not understood"),
        ("", "a year, a month and a day"),
    ],
)
def test_a_format_that_cannot_give_a_day_is_refused(date_format, complaint):
    with pytest.raises(UsageError, match=complaint):
        parse_date_format(date_format)


def test_signs_in_a_format_stand_for_themselves():
    assert days_of(["(2024+04.05)", "(2024x04x05)"], parse_date_format("(%Y+%m.%d)")) == [
        date(2024, 4, 5),
        None,
    ]


def test_timestamps_before_1970_keep_their_day():
    moments = pc.cast(pa.array(["1969-12-31 23:00:00"]), pa.timestamp("s"))

    assert read_days(moments, ISO)[0].tolist() == [-1]
    assert days_of(["1969-12-31 23:00:00"]) == [date(1969, 12, 31)]


# Dates that are numbers --------------------------------------------------------------------------


def days_read(cells, date_format="%Y-%m-%d", zone=None, written_in=None):
    """Days as ISO text; None where a cell is no date."""
    reading = with_time_zone(parse_date_format(date_format), zone, written_in)
    days, unread = read_days(cells if isinstance(cells, pa.Array) else pa.array(cells), reading)
    unread = np.zeros(len(days), dtype=bool) if unread is None else unread
    return [
        None if odd else str(day)
        for day, odd in zip(days.astype("datetime64[D]"), unread, strict=True)
    ]


@pytest.mark.parametrize(
    ("date_format", "cells", "days"),
    [
        ("excel", ["45292", "45292.99", "45293,5", " 61 "],
         ["2024-01-01", "2024-01-01", "2024-01-02", "1900-03-01"]),
        ("excel", ["60", "-1", "x", "", None, "nan", "1e5", "2958466"], [None] * 8),
        ("unix", ["1704067199", "1704067200", "0"], ["2023-12-31", "2024-01-01", "1970-01-01"]),
        ("unix", ["1704067199.9", "-1"], ["2023-12-31", "1969-12-31"]),
        ("unix_ms", ["1704067199999", "1704067200000"], ["2023-12-31", "2024-01-01"]),
        ("unix", ["9999999999999999", "today"], [None, None]),
    ],
)  # fmt: skip
def test_counted_dates_are_read_where_told(date_format, cells, days):
    assert days_read(cells, date_format) == days


def test_typed_numbers_are_counted_too():
    assert days_read(pa.array([45292.5, None]), "excel") == ["2024-01-01", None]
    assert days_read(pa.array([1704067200]), "unix") == ["2024-01-01"]
    assert days_read(pa.array([1.7040672e9, np.nan]), "unix") == ["2024-01-01", None]


@pytest.mark.parametrize(
    ("cells", "option"),
    [(["45292", "45293.5"], "excel"), (["1704067200", "1704067201"], "unix"),
     (["1704067200123", "1704067201000"], "unix_ms")],
)  # fmt: skip
def test_counted_dates_are_asked_about_and_never_guessed(write, cells, option):
    path = write(["customer_id,ordered_at,amount", *[f"ann,{cell},5" for cell in cells]])

    with pytest.raises(AmbiguousInputError, match=f"--date-format {option}"):
        read_export(path)
    assert read_export(path, asked=Asked(date_format=option)).ledger["used"] == 2


# Time zones --------------------------------------------------------------------------------------

LATE = ["2024-01-05 23:30:00 -0500", "2024-01-06T04:30:00Z", "2024-01-06 05:30:00 +0100"]
"""One instant, as three clocks show it."""


def test_without_a_zone_the_day_is_the_one_written():
    assert days_read(LATE) == ["2024-01-05", "2024-01-06", "2024-01-06"]


@pytest.mark.parametrize(
    "cell",
    ["05-Jan-2024 11:44 PM EST", "Jan 5, 2024 11:44:00 PM PST", "05.01.2024 23:44 CET",
     "2024-01-05 23:44:00 BST"],
)  # fmt: skip
def test_short_names_of_zones_may_follow_a_time(write, cell):
    path = write(["customer_id,ordered_at,amount", f'ann,"{cell}",5'])

    assert str(rfmtool.run(path).summary["as_of"]) == "2024-01-05"


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", "2024-01-06"), ("America/New_York", "2024-01-05"), ("Europe/Berlin", "2024-01-06"),
     ("Pacific/Honolulu", "2024-01-05")],
)  # fmt: skip
def test_mixed_offsets_are_one_instant_in_the_business_zone(zone, day):
    assert days_read(LATE, zone=zone) == [day] * 3


def test_summer_time_moves_midnight():
    cells = ["2024-01-31T23:30:00Z", "2024-07-31T21:59:59Z", "2024-07-31T22:00:00Z"]

    assert days_read(cells, zone="Europe/Berlin") == ["2024-02-01", "2024-07-31", "2024-08-01"]


def test_times_without_an_offset_are_local_unless_said_otherwise():
    cells = ["2024-01-31 23:30:00", "2024-01-31", "2024-01-31 23:30:00Z"]

    berlin = days_read(cells, zone="Europe/Berlin")
    assert berlin == ["2024-01-31", "2024-01-31", "2024-02-01"]
    stripe = days_read(cells, zone="Europe/Berlin", written_in="UTC")
    assert stripe == ["2024-02-01", "2024-01-31", "2024-02-01"]


@pytest.mark.parametrize(
    ("date_format", "cell", "day"),
    [
        ("%d/%m/%Y", "31/01/2024 11:30 PM UTC", "2024-02-01"),
        ("%d/%m/%Y", "31/01/2024 11:30 AM UTC", "2024-01-31"),
        ("%d/%m/%Y", "31/01/2024 12:30 AM +0200", "2024-01-30"),
        ("%d/%m/%Y", "31/01/2024 11:30 م UTC", "2024-02-01"),
        ("%d/%m/%Y", "31/01/2024 11:30 p. m. UTC", "2024-02-01"),
        ("%Y-%m-%d", "2024-01-31 오후 11:30 GMT+0000 (GMT)", "2024-02-01"),
        ("%Y-%m-%d", "2024-01-31 오전 11:30 UTC", "2024-01-31"),
        ("%Y-%m-%d", "2024-01-31 23h30 UTC", "2024-02-01"),
        ("%d.%m.%Y %H:%M %z", "31.01.2024 23:30 +00:00", "2024-02-01"),
        ("%d.%m.%Y %I:%M %p %z", "31.01.2024 11:30 PM Z", "2024-02-01"),
        ("%d.%m.%Y %H:%M %Z", "31.01.2024 23:30 GMT", "2024-02-01"),
        ("%d.%m.%Y %H:%M %Z", "31.01.2024 23:30 PST", "2024-02-01"),
        ("%d.%m.%Y %H:%M %Z", "31.01.2024 23:30 ABC", None),
        ("%d-%b-%Y", "31-Jan-2024 06:30 PM EST", "2024-02-01"),
        ("%d/%m/%Y", "31/01/2024 23:30 JST", "2024-01-31"),
        ("unix", "1706743800", "2024-02-01"),
        ("unix_ms", "1706743800000", "2024-02-01"),
        ("excel", "45322.99", "2024-01-31"),
        ("%Y-%m-%d", "2024-01-31 24:00:00 UTC", "2024-02-01"),
        ("%Y-%m-%d", "9999-12-31 23:30:00 UTC", None),
    ],
)
def test_every_way_to_write_a_time_knows_its_zone(date_format, cell, day):
    assert days_read([cell], date_format, zone="Europe/Berlin") == [day]


def test_typed_timestamps_are_taken_in_the_zone():
    late = pa.array([datetime(2024, 1, 31, 23, 30)])  # noqa: DTZ001 - a naive one is meant
    utc = late.cast(pa.timestamp("us", "UTC"))

    assert days_read(utc, zone="Europe/Berlin") == ["2024-02-01"]
    assert days_read(late, zone="Europe/Berlin") == ["2024-01-31"]
    assert days_read(late, zone="Europe/Berlin", written_in="UTC") == ["2024-02-01"]


@given(
    # Later days are refused, see below.
    st.datetimes(datetime(1950, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters)),
    st.sampled_from(("Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia")),
)
def test_days_in_a_zone_are_those_of_pythons_zones(instant, offset, zone):
    moment = instant.replace(tzinfo=timezone(offset))
    text = moment.strftime("%d/%m/%Y %H:%M:%S %z")

    expected = moment.astimezone(ZoneInfo(zone)).date().isoformat()
    assert days_read([text], "%d/%m/%Y", zone=zone) == [expected]


def test_an_unknown_zone_is_refused(write):
    path = write(["customer_id,ordered_at,amount", "ann,2024-01-05,5"])

    with pytest.raises(UsageError, match="Nowhere/Town"):
        read_export(path, asked=Asked(timezone="Nowhere/Town"))


@pytest.mark.parametrize("cell", ["2038-07-01 23:30:00+00:00", "2038-01-01"])
def test_a_day_of_which_nobody_knows_its_clock_is_no_date_in_a_zone(cell):
    berlin = with_time_zone(ISO, "Europe/Berlin", None)

    _, undated = read_days(pa.array([cell, "2037-07-01 23:30:00+00:00"]), berlin)

    assert undated.tolist() == [True, False]
    assert read_days(pa.array([cell]), ISO)[1] is None


YEAR_OF_DAYS = [date(2024, 1, 1) + timedelta(place * 6) for place in range(60)]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        *((form, "YY-M-D") for form in ("%y-%m-%d", "%y/%m/%d", "%y.%m.%d %H:%M")),
        *((form, "D/M/Y") for form in ("%d-%m-%y", "%d/%m/%y %H:%M")),
        ("%d.%m.%y", "D.M.Y"),
        ("%m/%d/%y", "M/D/Y"),
    ],
)
@pytest.mark.parametrize("years", [1, 5, 10])
def test_the_whole_column_tells_at_which_end_a_short_year_stands(write, form, name, years):
    days = [day.replace(day=min(day.day, 28), year=2024 - place % years)
            for place, day in enumerate(YEAR_OF_DAYS)]  # fmt: skip

    grouped = read_export(export(write, [day.strftime(form) for day in days]))

    assert grouped.export.formats.dates.name == name
    assert grouped.ledger["used"] == len(days)


@pytest.mark.parametrize("form", ["%y-%m-%d", "%d-%m-%y"])
def test_years_of_the_last_century_are_years_at_either_end(write, form):
    days = [day.replace(year=1998 + place % 5) for place, day in enumerate(YEAR_OF_DAYS)]

    reading = reading_of_export(export(write, [day.strftime(form) for day in days]))

    assert reading == ("YY-M-D" if form == "%y-%m-%d" else "D/M/Y")


@pytest.mark.parametrize(
    "days",
    [
        ["24-03-05"],
        ["24/03/05", "23/04/06", "24/12/07"],
        [f"{year:02}.{month:02}.01" for year in range(11, 25) for month in range(1, 13)],
        [f"01-{month:02}-{year:02}" for year in range(11, 25) for month in range(1, 13)],
    ],
)
def test_a_short_year_that_could_stand_at_either_end_is_refused(write, days):
    with pytest.raises(AmbiguousInputError, match="either end") as raised:
        rfmtool.run(export(write, days))

    mark = days[0][2]
    for option in (f"%y{mark}%m{mark}%d", f"%d{mark}%m{mark}%y"):
        assert f"'{option}'" in raised.value.hint
        assert (
            read_export(export(write, days), asked=Asked(date_format=option)).ledger.rejected == 0
        )


def test_one_odd_day_does_not_turn_a_column_of_short_years_around(write):
    days = [day.strftime("%y-%m-%d") for day in YEAR_OF_DAYS]

    assert reading_of_export(export(write, [*days, "24-06-31"])) == "YY-M-D"
    turned = [day.strftime("%d-%m-%y") for day in YEAR_OF_DAYS]
    assert reading_of_export(export(write, [*turned, "00-06-24"])) == "D/M/Y"


def test_a_first_number_beyond_31_is_a_year(write):
    assert reading_of_export(export(write, ["99-03-05", "98-04-06"])) == "YY-M-D"
