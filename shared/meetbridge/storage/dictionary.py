"""The preset dictionaries of the stored form: text that events have in common, the likeliest last."""

from __future__ import annotations

from collections.abc import Mapping

_VERSION_1 = (
    b"Pacific/Auckland Australia/Sydney Asia/Singapore Asia/Shanghai Asia/Tokyo Asia/Kolkata Asia/Dubai "
    b"Africa/Johannesburg America/Sao_Paulo America/Toronto America/Denver America/Chicago America/Los_Angeles "
    b"America/New_York Europe/Madrid Europe/Rome Europe/Zurich Europe/Vienna Europe/Amsterdam Europe/Paris "
    b"Europe/London Europe/Berlin @UTC"
    b"https://teams.microsoft.com/l/meetup-join/ https://zoom.us/j/ https://us02web.zoom.us/j/ https://meet.jit.si/ "
    b"https://meet.google.com/ Join the meeting: Meeting ID: Passcode: Agenda: Hello everybody, please \\r\\n\\n "
    b"Weekly Daily Monthly Quarterly Planning Review Retrospective Standup Stand-up Sync 1:1 Lunch Interview "
    b"Conference Room Meeting Team Project Office Call with "
    b'"conference_urls""confidential","x":true,"o":true,"f":true,"v":"private","v":"public","d":"other",'
    b'"EXDATE;TZID=Europe/Berlin:2026","RDATE:20"RRULE:FREQ=YEARLY;BYMONTH=BYMONTHDAY='
    b'"RRULE:FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=-1;COUNT=10","RRULE:FREQ=DAILY;UNTIL=20261231T225959Z;COUNT='
    b'"r":["RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=MO;UNTIL=2026;BYDAY=MO,TU,WE,TH,FR"],'
    b'"o":[{"r":"2026-01-01T09:00@Europe/Berlin","i":"_20260101T080000Z","g":"\\"34"},{"r":"20'
    b'"c":{"t":"","s":"2026-01-01","e":"2026-01-02"'
    b'@gmail.com @outlook.com @example.com","r":"tentative"},{"r":"declined"},{"e":"",'
    b'"n":"","r":"accepted","g":true,"s":true},{"e":"'
    b'@google.com","g":"\\"34","c":{"t":"","s":"2026-T10:00@Europe/Berlin","e":"2026-T11:00@Europe/Berlin",'
    b'"d":"","l":"","a":[{"e":"","r":"accepted","g":true,"s":true},{"e":"@example.com","r":"accepted"},{"e":"'
    b'"}],"u":["https://meet.google.com/"]},"r":["RRULE:FREQ=WEEKLY;BYDAY=MO"],"e":"@example.com","n":"","w":false,'
    b'"r":1,"s":[],"m":"{"e":{"i":"","k":"@example.com","u":"@google.com","g":"\\"3'
)

DICTIONARIES: Mapping[int, bytes] = {1: _VERSION_1}
NEWEST = 1
