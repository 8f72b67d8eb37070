"""Who works here, in the browser of an administrator; and coming in by an invitation."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.accounts import Actor, Permission, Role, rights
from incident_app.domain.people import TAKES_PROOF
from incident_app.extensions import db
from incident_app.models.accounts import ApiToken, User
from incident_app.services import accounts, rota
from incident_app.tasks import bot
from incident_app.tasks import people as tasks
from incident_app.wiring import Ports
from tests.conftest import TOKEN
from tests.fakes import START, FakeChannel, FakeClock
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
PASSWORD = "a long walk by the old canal"
NEW = {"email": "new@example.org", "name": "Nia New", "roles": ["responder"], "zone": "Europe/Berlin"}
WHY = "Two of our approvers are on leave in August."
LINK = re.compile(r"http://incident\.test(/invitation/[\w-]+)")


def account(app: Flask, name: str) -> User:
    """Return an account as it is now."""
    with app.app_context():
        user = accounts.find(db.session(), f"{name}@example.org")
        assert user is not None
        return user


def link_on(page: str) -> str:
    """Return the link of an invitation, as it is shown once."""
    found = LINK.search(page)
    assert found is not None, page
    return found[1]


def press(client: FlaskClient, path: str, **more: str) -> str:
    """Press the one button of a page in front of the door, and return where it leads."""
    token = TOKEN.search(client.get(path).text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **more})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def mailed(test_ports: Ports) -> list[str]:
    """Send what waits, and return the texts that went out by email."""
    bot.notes()
    mail = test_ports.staff_channels["email"]
    assert isinstance(mail, FakeChannel)
    return [message.text for message in mail.sent]


def test_somebody_is_invited_accepts_and_is_signed_in(app: Flask, client_for: SignIn, test_ports: Ports) -> None:
    # Given an invitation, whose link is shown once and goes out by email
    page = post(client_for("admin"), "/people", NEW).text
    link = link_on(page)
    assert "An invitation to Nia New is on its way" in page
    assert "Invited" in page
    assert any(link in text for text in mailed(test_ports))
    assert LINK.search(client_for("admin").get("/people").text) is None

    # When who is invited opens it, asking for more than was said
    newcomer = app.test_client()
    assert "Welcome, Nia New" in newcomer.get(link).text
    choose = press(newcomer, link, roles="admin", role="admin")
    door = press(newcomer, choose, password=PASSWORD, again=PASSWORD)
    home = press(newcomer, door, email="new@example.org", password=PASSWORD)

    # Then they are signed in by the password they chose, as what the administrator said
    assert newcomer.get(home).status_code == 200
    assert account(app, "new").actor.roles == {Role.RESPONDER}
    assert newcomer.get("/people").status_code == 403

    # And the link is spent
    again = app.test_client().get(link)
    assert again.status_code == 422
    assert "Each works once" in again.text


def test_an_expired_or_unknown_invitation_is_refused_in_words(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    link = link_on(post(client_for("admin"), "/people", NEW).text)
    client = app.test_client()
    token = TOKEN.search(client.get(link).text)
    assert token is not None
    clock.move(days=3)
    late = client.post(link, data={"csrf_token": token[1]})
    assert (late.status_code, "has expired" in late.text) == (422, True)
    unknown = client.get("/invitation/guess")
    assert (unknown.status_code, "not known here" in unknown.text) == (422, True)

    admin = client_for("admin")
    assert "Invitation expired" in admin.get("/people").text
    fresh = link_on(post(admin, f"/people/{account(app, 'new').id}/invitation").text)
    assert client.get(fresh).status_code == 200


def test_a_wrong_invitation_comes_back_with_what_was_typed(client_for: SignIn) -> None:
    wrong = post(client_for("admin"), "/people", NEW | {"email": "nobody", "roles": ["admin", "approver"]})
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert 'value="Nia New"' in wrong.text
    both = post(client_for("admin"), "/people", NEW | {"roles": ["admin", "approver"], "zone": "Mars/Base"})
    assert "exclude each other" in both.text
    assert "There is no time zone" in both.text
    assert post(client_for("admin"), "/people", NEW | {"roles": ["root"]}).status_code == 422


def test_an_account_is_changed_and_who_was_slower_is_told(app: Flask, client_for: SignIn) -> None:
    admin, user = client_for("admin"), account(app, "responder")
    at = f"/people/{user.id}"
    assert 'value="Rene Responder"' in admin.get(at).text
    given = {"name": "Rena", "roles": ["responder", "oncall"], "zone": "UTC", "version": "1"}
    assert "Saved." in post(admin, at, given, follow=True).text
    assert account(app, "responder").actor.roles == {Role.RESPONDER, Role.ONCALL}
    assert post(admin, at, given).status_code == 409
    assert post(admin, at, given | {"version": "x"}).status_code == 409
    assert post(admin, at, given | {"version": "2", "roles": []}).status_code == 422
    assert admin.get("/people/99999999999999999999").status_code == 404


def test_nobody_changes_their_own_roles_in_the_browser(app: Flask, client_for: SignIn) -> None:
    admin, me = client_for("admin"), account(app, "admin")
    given = {"name": me.name, "roles": ["approver"], "zone": me.zone, "version": "1", "reason": WHY}
    refused = post(admin, f"/people/{me.id}", given)
    assert (refused.status_code, "your own account" in refused.text) == (403, True)
    assert account(app, "admin").actor.roles == {Role.ADMIN}


def test_ones_own_page_offers_no_roles_and_still_saves_the_rest(app: Flask, client_for: SignIn) -> None:
    # Given the page of one's own account
    admin, me = client_for("admin"), account(app, "admin")
    page = admin.get(f"/people/{me.id}").text
    form = page.partition(f'action="/people/{me.id}"')[2].partition("</form>")[0]

    # Then the roles one has stand there, none can be chosen, and why not
    assert 'type="checkbox"' not in form
    assert "Admin – manages accounts, sees no case" in form
    assert "Approver" not in form
    assert "another administrator changes its roles" in form

    # And what the form sends on saves name and zone
    sent = re.findall(r'<input type="hidden" name="roles" value="(\w+)">', form)
    given = {"name": "Adam A. Admin", "roles": sent, "zone": "UTC", "version": str(me.version)}
    assert "Saved." in post(admin, f"/people/{me.id}", given, follow=True).text
    now_is = account(app, "admin")
    assert (now_is.name, now_is.zone, now_is.actor.roles) == ("Adam A. Admin", "UTC", frozenset({Role.ADMIN}))

    # While somebody else's account offers them
    assert re.search(r'name="roles"\s+id="roles-responder"', admin.get(f"/people/{account(app, 'responder').id}").text)


def test_an_approver_is_made_by_two_in_the_browser(app: Flask, client_for: SignIn) -> None:
    # Given an administrator who asks
    admin, user = client_for("admin"), account(app, "responder")
    given = {"name": user.name, "roles": ["responder", "approver"], "zone": user.zone, "version": "1", "reason": WHY}
    assert "second person has to agree" in post(admin, f"/people/{user.id}", given, follow=True).text
    page = admin.get("/people/requests").text
    assert "You asked for this" in page
    assert ">Agree<" not in page
    assert "1 request" in admin.get("/people").text

    # When an approver agrees
    approver = client_for("approver")
    agreed = re.search(r'action="(/people/requests/[\w-]+/agree)"', approver.get("/people/requests").text)
    assert agreed is not None
    assert post(admin, agreed[1]).status_code == 403
    assert "is approver now" in post(approver, agreed[1], follow=True).text

    # Then it is so
    assert Role.APPROVER in account(app, "responder").actor.roles


def test_who_is_invited_as_approver_gets_the_link_and_nobody_else(
    app: Flask, client_for: SignIn, test_ports: Ports
) -> None:
    admin = client_for("admin")
    asked = post(admin, "/people", NEW | {"roles": ["approver"], "reason": WHY}, follow=True).text
    assert "is not invited yet" in asked
    assert LINK.search(asked) is None
    assert mailed(test_ports) == []
    user = account(app, "new")
    approver = client_for("approver")
    agreed = re.search(r'action="(/people/requests/[\w-]+/agree)"', approver.get("/people/requests").text)
    assert agreed is not None
    page = post(approver, agreed[1], follow=True).text
    assert "is invited as approver" in page
    resent = post(admin, f"/people/{user.id}/invitation", follow=True).text
    assert LINK.search(page + resent) is None
    link = link_on(mailed(test_ports)[-1])
    press(app.test_client(), link)
    assert account(app, "new").actor.roles == {Role.APPROVER}


def test_a_request_is_refused_in_the_browser(app: Flask, client_for: SignIn) -> None:
    post(client_for("admin"), "/people", NEW | {"roles": ["approver"], "reason": WHY})
    approver = client_for("approver")
    address = re.search(r'action="(/people/requests/[\w-]+/refuse)"', approver.get("/people/requests").text)
    assert address is not None
    assert post(approver, address[1], {"reason": "no"}).status_code == 422
    assert "nothing changes by this request" in post(approver, address[1], {"reason": WHY}, follow=True).text
    assert "Nobody waits" in approver.get("/people/requests").text


def test_who_is_disabled_or_gets_other_roles_is_out_at_the_next_request(app: Flask, client_for: SignIn) -> None:
    # Given two people who are signed in
    admin, responder, oncall = client_for("admin"), client_for("responder"), client_for("oncall_person")
    assert responder.get("/me").status_code == oncall.get("/me").status_code == 200

    # When one is disabled and the other gets another role
    first, second = account(app, "responder"), account(app, "oncall_person")
    assert "is disabled" in post(admin, f"/people/{first.id}/disable", {"version": "1"}, follow=True).text
    post(admin, f"/people/{second.id}", {"name": "Ola", "roles": ["reporter"], "zone": "UTC", "version": "1"})

    # Then both have to come in anew, and the first cannot
    assert responder.get("/me").status_code == oncall.get("/me").status_code == 302
    assert "Enable" in admin.get(f"/people/{first.id}").text
    assert "enabled" in post(admin, f"/people/{first.id}/enable", {"version": "2"}, follow=True).text
    assert responder.get("/me").status_code == 302, "the old cookie does not come back to life"


def test_the_shifts_of_who_is_disabled_are_named(app: Flask, client_for: SignIn) -> None:
    user, by = account(app, "oncall_person"), account(app, "admin").actor
    with app.app_context():
        for number in range(13):
            begins = START + timedelta(days=number)
            rota.add_shift(db.session(), user.id, begins, begins + timedelta(days=1), by=by, now=START)
    page = post(client_for("admin"), f"/people/{user.id}/disable", {"version": "1"}, follow=True).text
    assert "13 shifts nobody covers" in page
    assert "Put somebody in" in page
    assert "And 1 shift more" in page
    assert "13 shifts uncovered" in client_for("admin").get("/people").text


def test_two_accounts_are_joined_in_the_browser(app: Flask, client_for: SignIn) -> None:
    one, other = account(app, "responder"), account(app, "approver")
    page = post(client_for("admin"), f"/people/{one.id}/same-person", {"other": str(other.id)}, follow=True).text
    assert "Same person as approver@example.org" in page
    assert account(app, "approver").actor.person == account(app, "responder").actor.person
    assert post(client_for("admin"), f"/people/{one.id}/same-person", {"other": ""}).status_code == 404


def test_an_approver_who_was_disabled_is_asked_for_again(app: Flask, client_for: SignIn) -> None:
    client_for("second_approver")
    user = account(app, "second_approver")
    admin = client_for("admin")
    post(admin, f"/people/{user.id}/disable", {"version": "1"})
    assert "A second person decides by it" in admin.get(f"/people/{user.id}").text
    asked = post(admin, f"/people/{user.id}/enable", {"version": "2", "reason": WHY}, follow=True).text
    assert "Waits for a second person" in asked
    assert not account(app, "second_approver").active


def token_of(app: Flask, name: str) -> ApiToken:
    """Return the newest token of somebody."""
    with app.app_context():
        return accounts.tokens_of(db.session(), account(app, name).id)[0]


def may(app: Flask, page: str) -> frozenset[Permission]:
    """Return what the token shown on this page may."""
    secret = re.search(r"ia_[\w-]{20,}", page)
    assert secret is not None
    with app.app_context():
        held = accounts.bearer(db.session(), secret[0], now=START)
        assert held is not None
        return rights(held.actor)


def test_a_token_leaves_out_what_takes_proof_unless_ticked(app: Flask, client_for: SignIn) -> None:
    client, mine = client_for("approver"), rights(Actor(1, "", frozenset({Role.APPROVER})))
    given = {"name": "nightly", "days": "30", "reach": "work"}

    everyday = may(app, post(client, "/me/tokens", given).text)
    assert everyday == mine - TAKES_PROOF
    assert not everyday & {Permission.APPROVE_NOTICE, Permission.SEND_NOTICE, Permission.EXPORT_RECIPIENTS}
    assert may(app, post(client, "/me/tokens", given | {"proof": "y"}).text) == mine
    reading = may(app, post(client, "/me/tokens", given | {"reach": "read"}).text)
    assert Permission.SEE_CASES in reading
    assert Permission.EDIT_CASE not in reading
    chosen = may(app, post(client, "/me/tokens", given | {"reach": "chosen", "scopes": ["edit_case"]}).text)
    assert chosen == {Permission.EDIT_CASE, Permission.SEE_OWN_ACCOUNT}
    page = client.get("/me").text
    for words in ("1 kinds of work", "Read", "and approve, send, export", "Last used"):
        assert words in page


def test_a_wrong_token_form_is_answered_in_words(app: Flask, client_for: SignIn) -> None:
    client = client_for("responder")
    given = {"name": "nightly", "days": "30", "reach": "chosen"}
    assert "at least one thing" in post(client, "/me/tokens", given).text
    assert post(client, "/me/tokens", given | {"scopes": ["approve_notice"]}).status_code == 422
    assert post(client, "/me/tokens", given | {"reach": "all"}).status_code == 422
    assert post(client, "/me/tokens", given | {"days": "400", "reach": "work"}).status_code == 422
    assert post(client, "/me/tokens", given | {"days": "many", "reach": "work"}).status_code == 422
    assert "send" in may_words(app, post(client, "/me/tokens", given | {"proof": "y"}).text)


def may_words(app: Flask, page: str) -> str:
    """Return what the token shown on this page may, as words."""
    return " ".join(sorted(may(app, page)))


def test_a_token_that_ends_soon_is_told_on_the_page_and_by_email(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports
) -> None:
    client = client_for("responder")
    post(client, "/me/tokens", {"name": "nightly", "days": "20", "reach": "work"})
    assert "Ends in" not in client.get("/me").text
    clock.move(days=7)
    assert "Ends in" in client_for("responder").get("/me").text
    tasks.tell()
    assert any("nightly" in text for text in mailed(test_ports))
    page = client_for("responder").get("/me").text
    revoke = re.search(r'action="(/me/tokens/\d+/revoke)"', page)
    assert revoke is not None
    assert "revoked" in post(client_for("responder"), revoke[1], follow=True).text


def test_an_administrator_comes_out_where_the_people_are(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "admin@example.org", now=clock.now())
    client = app.test_client()

    assert client.get(press(client, f"/start/{secret}")).headers["Location"] == "/people"
