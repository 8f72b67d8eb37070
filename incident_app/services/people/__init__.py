"""Administration of who works here: invite, change, disable, join accounts of one person, make approvers by two."""

from incident_app.services.people.approvers import KIND, Request
from incident_app.services.people.changing import Changed, Wanted, change, disable, enable, same_person
from incident_app.services.people.expiring import warn
from incident_app.services.people.finding import came_in
from incident_app.services.people.inviting import Newcomer, accept, invite, invited, resend
from incident_app.services.people.letters import filled, link_of
from incident_app.services.people.looking import Person, everybody, one
from incident_app.services.people.parting import agree, ask_part, refuse, requests

__all__ = [
    "KIND", "Changed", "Newcomer", "Person", "Request", "Wanted", "accept", "agree", "ask_part", "came_in", "change", "disable", "enable",
    "everybody", "filled", "invite", "invited", "link_of", "one", "refuse", "requests", "resend", "same_person", "warn",
]
