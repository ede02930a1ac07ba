"""Writes the days of real calendar files as another program sees them: golden/<file>.json.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install -r core/tests/calendars/requirements.txt
    /tmp/venv/bin/python core/tests/calendars/expand.py ../shared/calendars

Most of the files may not be copied, so the golden files hold dates and the beginning of a hash of
each title. Reading and expanding is done by `icalendar` and `recurring-ical-events`; only the step
from an instant to a local day is made here, with Python's zoneinfo.
"""

import datetime
import hashlib
import html
import json
import pathlib
import sys
import zoneinfo

import icalendar
import recurring_ical_events

HERE = pathlib.Path(__file__).parent / "golden"
WINDOW = datetime.timedelta(days=800)
# Where the bins stand, for files that do not say so.
COUNTRIES = {
    "ca": "America/Toronto", "cz": "Europe/Prague", "gb": "Europe/London", "it": "Europe/Rome",
    "jp": "Asia/Tokyo", "nl": "Europe/Amsterdam", "pl": "Europe/Warsaw", "se": "Europe/Stockholm",
    "at": "Europe/Vienna",
}


def zone_of(name, calendar):
    named = str(calendar.get("X-WR-TIMEZONE", "UTC"))
    return COUNTRIES.get(name[:2], "Europe/Berlin") if named == "UTC" else named


def local_day(start, zone):
    if not isinstance(start, datetime.datetime):
        return start
    if start.tzinfo is not None and start.tzname() == "UTC":
        return start.astimezone(zoneinfo.ZoneInfo(zone)).date()
    return start.date()


def title_hash(event):
    title = html.unescape(str(event.get("SUMMARY", ""))).replace("\u00ad", "")
    return hashlib.sha256(" ".join(title.split()).encode()).hexdigest()[:8]


def first_day(calendars):
    days = []
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            start = event.get("DTSTART")
            if start is not None and isinstance(getattr(start, "dt", None), datetime.date):
                days.append(datetime.date(start.dt.year, start.dt.month, start.dt.day))
    return min((day for day in days if day.year >= 1990), default=datetime.date(2020, 1, 1))


def expand(path):
    try:
        calendars = icalendar.Calendar.from_ical(path.read_bytes(), multiple=True)
        start = first_day(calendars)
        end = start + WINDOW
        zone = zone_of(path.name, calendars[0]) if calendars else zone_of(path.name, {})
        days = {}
        for calendar in calendars:
            # A day more on both sides: local days may be neighbours of the instants' own.
            margin = datetime.timedelta(days=2)
            for event in recurring_ical_events.of(calendar).between(start - margin, end + margin):
                day = local_day(event["DTSTART"].dt, zone)
                if start <= day <= end:
                    days.setdefault(str(day), set()).add(title_hash(event))
        days = {day: sorted(days[day]) for day in sorted(days)}
        return {"from": str(start), "to": str(end), "zone": zone, "days": days}
    except Exception as error:  # whatever that program cannot read is its answer
        return {"error": type(error).__name__}


def main():
    HERE.mkdir(exist_ok=True)
    shared = pathlib.Path(sys.argv[1])
    for path in sorted([*shared.glob("ics-real/*.ics"), *shared.glob("ics-hard/*.ics")]):
        answer = expand(path)
        (HERE / f"{path.stem}.json").write_text(json.dumps(answer, separators=(",", ":")) + "\n")
        print(path.name, answer.get("error") or sum(map(len, answer["days"].values())))


main()
