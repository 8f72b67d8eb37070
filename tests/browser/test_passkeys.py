"""Passkeys in a real Chromium, with an authenticator of its own: no page complains, and a passkey comes in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kit import Person
from tests.house.running import Running, free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
          "isUserVerified": True, "automaticPresenceSimulation": True}


@pytest.fixture
def at_localhost(tmp_path: Path) -> Iterator[Running]:
    """The demo under a name: browsers offer no passkeys to a number."""
    demo = Running(tmp_path / "instance", "demo", "--host", "localhost", "--port", str(free_port()))
    demo.wait_for("Stop: Ctrl")
    yield demo
    demo.stop()


def test_a_passkey_is_added_and_comes_in_without_a_password(chromium: Browser, at_localhost: Running) -> None:
    # Given an approver at a browser with an authenticator
    links = re.findall(r"(http://localhost:\d+)(/start/\S+)", "".join(at_localhost.said))
    context = chromium.new_context()
    person = Person(context.new_page(), links[-1][0])
    device = context.new_cdp_session(person.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    person.go(links[-1][1])
    person.press("Sign in")

    # When they look at the key of an app, and add a passkey
    person.go("/me/security/app")
    expect(person.page.get_by_role("img", name="QR code")).to_be_visible()
    person.go("/me/security/passkey")
    person.write("Name", "Laptop")
    person.press("Add a passkey")
    person.sees("The passkey is added")

    # Then they come in with it, and nothing was against the policy
    person.go("/me")
    person.page.get_by_role("button", name="Sign out").first.click()
    person.page.wait_for_url("**/sign-in")
    person.press("Sign in with a passkey")
    expect(person.page.get_by_role("heading", name="Dashboard")).to_be_attached()
    assert person.complaints == []
    context.close()
