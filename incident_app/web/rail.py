"""What stands around every page: the organisation, how many rows wait behind each entry of the menu, whether all is well."""

from flask import g
from flask_login import current_user

from incident_app.domain.accounts import Actor, Permission, may
from incident_app.extensions import db
from incident_app.services import alerts, cases, health, remediation, reports
from incident_app.web.filters import up_to
from incident_app.wiring import now

MOST_COUNTED = 1000


def _counts(by: Actor) -> dict[str, str]:
    """How many rows stand behind the entries of the menu, by endpoint, for those this person may open; none of nothing."""
    session, found = db.session(), dict[str, tuple[int, int]]()
    if may(by, Permission.SEE_REGISTER):
        found["reports.register"] = reports.case_count(session, by=by, most=MOST_COUNTED + 1), MOST_COUNTED
    if may(by, Permission.SEE_ACTIONS):
        found["remediation.mine"] = remediation.open_count(session, by=by), remediation.MOST_COUNTED
    if may(by, Permission.SEE_ALERTS):
        found["alerts.oncall"] = alerts.open_count(session, by=by, most=MOST_COUNTED + 1), MOST_COUNTED
    return {endpoint: up_to(*counted) for endpoint, counted in found.items() if counted[0]}


def leave_out() -> None:
    """Ask nothing of what stands around a page: the answer is a part of one."""
    g.without_rail = True


def context() -> dict[str, object]:
    """Return what the layout shows to who is signed in; asked once for each answer."""
    if "without_rail" in g or not (current_user and current_user.is_authenticated):
        return {}
    if "rail" not in g:
        session = db.session()
        g.rail = {
            "organisation": cases.organisation(session), "counts": _counts(current_user.actor),
            "health": health.glance(session, now=now()),
        }
    return {"rail": g.rail, "org_name": g.rail["organisation"].name}
