"""What nobody would type: a corpus of bad inputs, by class, for forms, for JSON and for whole requests.

Each entry is (name, value). Whatever comes of it must be an answer in words: never an error of ours, nothing half-saved.
"""

import json
from typing import Any

DEEP = 100_000
LONG = 1_000_000
"""Characters: one field alone must not be that long."""

WORDS: dict[str, str] = {
    "empty": "", "space": " \t ", "nul": "a\x00b", "bell": "a\x07\x1b[31mb", "crlf": "a\r\nBcc: x@example.org\r\n\r\nb",
    "surrogate": "a\ud800b", "private": "\ue000\uffff\U0010ffff", "override": "\u202eevil\u2066\u2069",
    "zalgo": "e" + "\u0301" * 2000, "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 40, "long": "x" * 300, "longer": "y" * 70_000, "longest": "z" * LONG,
    "digits": "9" * 5000, "superscript": "²", "arabic-digits": "١٢", "negative": "-1", "zero": "0", "64-bit": str(2**63),
    "32-bit": str(2**31), "huge": "1" + "0" * 400, "exponent": "1e999", "nan": "NaN", "infinity": "-Infinity", "float": "1.5",
    "underscore": "1_0", "hex": "0x10", "true": "true", "null": "null", "array": "[]", "object": "{}",
    "year-0": "0000-01-01T00:00", "year-1": "0001-01-01T00:00", "year-9999": "9999-12-31T23:59", "leap-second": "2016-12-31T23:59:60",
    "february-30": "2026-02-30T10:00", "offset": "2026-01-01T00:00:00+99:99", "far-offset": "0001-01-01T00:00:00+14:00",
    "late-offset": "9999-12-31T23:59:59-12:00", "gap": "2026-03-29T02:30", "date": "2026-11-22", "zone": "Europe/Atlantis",
    "zone-path": "../../etc/localtime", "zone-folder": "Europe", "sql": "'; DROP TABLE cases; --", "sql-like": "%_\\%",
    "shell": "$(touch /tmp/x)`id`;|&", "path": "../../../../etc/passwd", "windows": "C:\\con\\nul.txt", "template": "{{ 7*7 }}${7*7}<%= 7 %>#{7}",
    "loop": "{{ 'a' * 2000000000 }}{% for a in range(10**9) %}x{% endfor %}", "format": "%s%n{0.__class__}", "field": "((name))((nobody))((",
    "script": "<script>alert(1)</script><svg onload=alert(1)><img src=x onerror=alert(1)>", "entity": "&lt;&#x0;&bogus;",
    "formula": "=cmd|' /C calc'!A0", "email": "a@b@c", "email-long": "a" * 300 + "@example.org", "url": "javascript:alert(1)",
    "ref": "BR-2026-999", "uuid": "00000000-0000-0000-0000-000000000000",
}
"""What is typed into one field."""

VALUES: dict[str, Any] = {
    **WORDS,
    "json-null": None, "json-true": True, "json-false": False, "json-zero": 0, "json-negative": -1, "json-31": 2**31,
    "json-63": 2**63, "json-400": 10**400, "json-float": 1.5, "json-big-float": 1e300, "json-nan": float("nan"), "json-infinity": float("inf"),
    "json-empty-array": [], "json-empty-object": {}, "json-array": ["a", 1, None], "json-object": {"a": {"b": []}},
    "json-array-of-arrays": [[[]]], "json-array-of-objects": [{}, {"name": None}], "json-long-array": ["a"] * 5000,
    "json-wide-object": {f"k{number}": number for number in range(2000)}, "json-bad-keys": {"": 1, "\x00": 2, "__class__": 3, "a.b": 4},
    "json-surrogate-key": {"\udfff": 1}, "json-nested": json.loads("[" * 200 + "]" * 200),
}
"""What stands at the place of one value in JSON."""

CLASSES: dict[str, str] = {
    "nothing": "empty space json-null json-empty-array json-empty-object",
    "unwritable": "nul bell surrogate json-bad-keys json-surrogate-key",
    "unusual letters": "private override zalgo emoji",
    "endless": "long longer longest digits json-long-array json-wide-object json-nested",
    "beyond any number": "64-bit 32-bit huge exponent nan infinity json-31 json-63 json-400 json-big-float json-nan json-infinity",
    "odd numbers": "superscript arabic-digits negative zero float underscore hex json-zero json-negative json-float",
    "another kind": "true null array object json-true json-false json-array json-object json-array-of-arrays json-array-of-objects",
    "no moment": "year-0 year-1 year-9999 leap-second february-30 offset far-offset late-offset gap date",
    "nowhere": "zone zone-path zone-folder path windows url ref uuid",
    "a program": "sql sql-like shell template loop format field script entity formula",
    "nobody": "crlf email email-long",
}
"""Every bad value stands in one class; at each place each class is tried, by another of its values each time."""

BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/json"), "not-json": (b"{", "application/json"), "bare": (b"1", "application/json"),
    "null": (b"null", "application/json"), "array": (b"[]", "application/json"), "string": (b'"x"', "application/json"),
    "deep": (b"[" * DEEP + b"]" * DEEP, "application/json"), "deep-object": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "application/json"),
    "deeper": (b"[" * 1_000_000, "application/json"), "twice": (b'{"title":"a","title":["b"]}', "application/json"),
    "digits": (b'{"version":' + b"9" * 10_000 + b"}", "application/json"), "latin": ('{"title":"ü"}'.encode("latin-1"), "application/json"),
    "utf-16": ('{"title":"ü"}'.encode("utf-16"), "application/json"), "bom": (b'\xef\xbb\xbf{"title":"a"}', "application/json"),
    "nul": (b'{"title":"\\u0000"}', "application/json"), "raw-nul": (b'{"title":"\x00"}', "application/json"),
    "big": (b'{"title":"' + b"x" * 3_000_000 + b'"}', "application/json"), "charset": (b'{"title":"a"}', "application/json; charset=klingon"),
    "xml": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "application/xml"),
    "text": (b"title=a", "text/plain"), "form": (b"title=a&version=%00%ff%ed%a0%80", "application/x-www-form-urlencoded"),
    "many": (b"&".join(b"f%d=1" % number for number in range(10_000)), "application/x-www-form-urlencoded"),
    "multipart": (b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n", "multipart/form-data; boundary=x"),
    "no-boundary": (b"--x\r\n\r\n--x--", "multipart/form-data"), "odd-boundary": (b"--\xff\r\n", "multipart/form-data; boundary=\"\""),
    "many-parts": (b"".join(b"--x\r\nContent-Disposition: form-data; name=\"a%d\"\r\n\r\n1\r\n" % number for number in range(3000)) + b"--x--", "multipart/form-data; boundary=x"),
    "unknown": (b"\x00\x01", "no/such"), "none": (b"{}", ""),
}
"""Whole bodies, with the type they claim."""

HEADERS: dict[str, dict[str, str]] = {
    "etag": {"If-None-Match": '"a", W/"b", junk \\ " ***' + "x" * 3000}, "match": {"If-Match": "***,\"", "If-Modified-Since": "yesterday"},
    "range": {"Range": "bytes=-1,5-2,999999999999999999999-"}, "cookie": {"Cookie": "session=.eJw; session=\"\\000\"; a=" + "b" * 3000},
    "accept": {"Accept": "*/*;q=NaN,text/html;q=-1,;;;,application/json;q=9e999"}, "language": {"Accept-Language": "xx-YY;q=a," * 200},
    "authorization": {"Authorization": "Bearer " + "x" * 3000}, "basic": {"Authorization": "Basic AAAA"}, "colon": {"Authorization": "Bearer \u00ff"},
    "forwarded": {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "';--", "X-Forwarded-Proto": "gopher", "Forwarded": "host=evil"},
    "override": {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/me", "X-Rewrite-URL": "/me"}, "length": {"Content-Type": "a/b;c=\"" + "d" * 2000},
    "many": {f"X-Junk-{number}": "x" * 50 for number in range(90)}, "origin": {"Origin": "null", "Referer": "http://[::1"},
}
QUERIES: dict[str, str] = {
    "long": "q=" + "x" * 100_000, "nul": "q=%00&kind=%00&page=%00&from=%00&to=%00", "bad-utf-8": "q=%ff%fe&kind=%ed%a0%80&page=%c0%80",
    "pages": "page=99999999999999999999&limit=99999999999999999999&size=-1&offset=-1&number=1e9",
    "negative": "page=-1&limit=-1&days=-1&weeks=-1&before=-1&after=-1", "arrays": "q[]=1&q[a]=2&kind=a&kind=b&page=1&page=2",
    "sort": "sort=(select%201)&order=asc;drop&by=__class__", "dates": "from=0001-01-01&to=9999-12-31&start=9999-12-31T23:59&day=2026-02-30&week=9999-W53&at=0001-01-01T00:00:00%2B14:00",
    "late": "from=9999-12-31&to=0001-01-01&at=9999-12-31T23:59:59-12:00&start=9999-12-31&day=9999-12-31&week=0001-W01&aware_at=9999-12-31T23:59",
    "script": "q=%3Cscript%3E&kind=%22onload&state=%7B%7B7*7%7D%7D&next=//evil.example", "percent": "q=%&kind=%zz&%=%", "like": "q=%25%5F%5C",
    "many": "&".join(f"a{number}=1" for number in range(3000)), "superscript": "page=%C2%B2&limit=%C2%B2&after=%C2%B2&open=%C2%B2",
}
