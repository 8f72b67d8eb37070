"""The tokens a person makes for scripts: what each may, until when, and ending one."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired

from incident_app.domain.accounts import Permission, rights
from incident_app.domain.people import EXPIRES_SOON, READS, TAKES_PROOF
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.accounts import ApiToken
from incident_app.services import accounts
from incident_app.web.answers import form_errors
from incident_app.web.forms.choices import RadioField, SelectMultipleField
from incident_app.web.forms.numbers import WholeField
from incident_app.web.guard import actor, allowed, fresh
from incident_app.wiring import now

bp = Blueprint("tokens", __name__, url_prefix="/me/tokens")
READ, WORK, CHOSEN = "read", "work", "chosen"


class TokenForm(FlaskForm):
    """A new API token."""

    name = StringField("What is it for?", validators=[InputRequired("Say what the token is for.")])
    days = WholeField("Days it lives", default=90, least=1, most=accounts.LONGEST_TOKEN_LIFE_DAYS, validators=[InputRequired("Say how many days.")])
    reach = RadioField("What may it do?", default=WORK, choices=[
        (READ, "Only read"), (WORK, "My everyday work"), (CHOSEN, "Only what I tick below")])
    scopes = SelectMultipleField("Only these")
    proof = BooleanField("It may also approve, send and export, for five minutes")


def _form(*, empty: bool = False) -> TokenForm:
    form = TokenForm(None) if empty else TokenForm()
    everyday = sorted(rights(actor()) - TAKES_PROOF)
    form.scopes.choices = [(one.value, one.value.replace("_", " ").capitalize()) for one in everyday]
    return form


def _scopes(form: TokenForm) -> frozenset[Permission]:
    mine = rights(actor())
    reach = {READ: mine & READS, WORK: mine - TAKES_PROOF}
    chosen = reach.get(form.reach.data) or frozenset(one for one in mine if one.value in (form.scopes.data or []))
    return chosen | (mine & TAKES_PROOF if form.proof.data else frozenset())


def reach_of(token: ApiToken) -> str:
    """Return in a few words what a token may."""
    if token.scopes is None:
        return "Everything I may"
    names = set(token.scopes)
    proof = " and approve, send, export" if names & TAKES_PROOF else ""
    everyday = names - TAKES_PROOF
    if everyday <= READS:
        return f"Read{proof}" if everyday else "Approve, send, export"
    return f"{len(everyday)} kinds of work{proof}"


def me_page(form: TokenForm | None = None, secret: str | None = None, status: int = 200) -> ResponseReturnValue:
    """Show one's account; ``secret`` is a fresh token, shown this once."""
    return render_template(
        "pages/accounts/me.html", form=form or _form(empty=True), fresh_token=secret, reach_of=reach_of, soon=EXPIRES_SOON,
        has_proof=bool(rights(actor()) & TAKES_PROOF), tokens=accounts.tokens_of(db.session(), actor().id)), status


@bp.post("")
@allowed(Permission.MAKE_TOKEN)
@fresh
def make() -> ResponseReturnValue:
    """Make a token, and show it this once."""
    form = _form()
    if not form.validate():
        return me_page(form, status=422)
    try:
        _, secret = accounts.make_token(
            db.session(), form.name.data or "", form.days.data or 0, by=actor(), now=now(), scopes=_scopes(form))
    except Refused as refused:
        form_errors(form, refused)
        return me_page(form, status=422)
    return me_page(secret=secret)


@bp.post("/<int:token_id>/revoke")
@allowed(Permission.SEE_OWN_ACCOUNT)
def revoke(token_id: int) -> ResponseReturnValue:
    """End one of one's own tokens."""
    accounts.revoke_token(db.session(), token_id, by=actor(), now=now())
    flash("The token is revoked. Nobody can use it any more.", "done")
    return redirect(url_for("accounts.me"))
