"""After a step one lands on a page of ours, whatever was asked for."""

import pytest

from incident_app.web.paths import own_path

ELSEWHERE = [
    "", None, "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "http://evil.example", "https://evil.example/", "HTTP://evil.example", "https:evil.example",
    "https:/evil.example", "https:\\\\evil.example", "ftp://evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "mailto:a@example.org", "evil.example", "evil", "@evil.example",
    "//evil.example/%2f..", "/%2fevil.example", "/%2f%2fevil.example", "/%5cevil.example", "/%5c%5cevil.example",
    "/%255cevil.example", "/%252f%252fevil.example", "%2f%2fevil.example", "%5c%5cevil.example", "/\tevil.example", "/\t/evil.example",
    "\t//evil.example", " //evil.example", "\n//evil.example", "/\n/evil.example", "/\r\n/evil.example", "/\x00/evil.example",
    "/%09/evil.example", "/%0d%0aLocation:%20x", "/%00", "//evil.example@ours", "//ours@evil.example", "http:///evil.example",
    "///\\;@evil.example", "/../../evil", "/a/../../b", "/%2e%2e/b", ".//evil.example", "./evil", "?next=//evil.example",
    "#//evil.example", "/〱evil.example", "//evil。example", "/\u2028/evil", "/\u200b/evil.example", "/" + "a" * 3000, "<script>",
    "/a#<script>", "/\"onload=", "/a b",
]


@pytest.mark.parametrize("given", ELSEWHERE)
def test_what_may_lead_elsewhere_leads_home(given: str | None) -> None:
    assert own_path(given) == "/"
    assert own_path(given, "/me") == "/me"


@pytest.mark.parametrize("given", ["/", "/me", "/cases/BR-2026-001/edit", "/register?q=a%20b&filter=open", "/oncall/rota?from=2026-11-22T09:00%2B01:00"])
def test_a_page_of_ours_is_followed(given: str) -> None:
    assert own_path(given) == given


def test_more_than_fifty_ways_are_tried() -> None:
    assert len(ELSEWHERE) > 52
