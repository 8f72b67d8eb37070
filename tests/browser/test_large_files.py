"""A large file at the evidence tab: it breaks off, the page is gone, and it goes on where it stopped."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.kit import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SLICE = 8 * 1024 * 1024


def test_a_file_that_broke_off_goes_on_where_it_stopped(sit_down: Callable[..., Person], tmp_path: Path) -> None:
    # Given somebody who puts a large file in, and whose second slice never arrives
    file = tmp_path / "disk-image.bin"
    file.write_bytes(bytes(range(256)) * ((SLICE + SLICE // 8) // 256))
    person = sit_down("responder", viewport={"width": 360, "height": 740})
    page = person.page
    person.go("/register")
    page.locator("a[href^='/cases/BR-']").first.click()
    page.goto(page.url.rstrip("/") + "/evidence")
    second: list[Route] = []

    def stop(route: Route) -> None:
        if f"from={SLICE}" in route.request.url:
            second.append(route)
        else:
            route.continue_()

    page.route("**/incoming/*", stop)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Add the file").click()
    expect(page.get_by_text("88 % of disk-image.bin is there.")).to_be_visible()

    # When they load the page anew and choose the same file again
    page.reload()
    expect(page.get_by_text("broke off at 88 %")).to_be_visible()
    page.unroute_all()
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            sent.append(request.url.partition("?")[2])

    page.on("request", note)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Add the file").click()

    # Then only the rest goes up, and the page says what was kept, to compare
    person.is_told(f"Compare its SHA-256 with yours: {hashlib.sha256(file.read_bytes()).hexdigest()}")
    assert sent == [f"from={SLICE}"]
    page.wait_for_load_state()  # before its style sheets are there every page is wide
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.get_by_text("broke off at")).to_have_count(0)
