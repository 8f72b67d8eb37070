"""What every step of a notice's wizard has in common."""

from itertools import permutations
from typing import Any

from flask import url_for

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.notices import CHANNELS, ChannelPlan, NoticeState
from incident_app.domain.recipients import summary
from incident_app.domain.trials import kept_to_team, team_words
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services import deliveries, notices, recipients
from incident_app.web.filters import thousands
from incident_app.web.guard import actor
from incident_app.web.sending import mode
from incident_app.wiring import ports

STEPS = ("audience", "message", "channels", "check", "approval", "sending")
LABELS = ("Audience", "Message", "Channels", "Check", "Approve", "Send")


def orders(people: RecipientList, plan: ChannelPlan) -> list[tuple[str, str]]:
    """Return every order of channels, together or alone; letters where the list has postal addresses.

    Controllers are told by email: their lists have nothing else.
    """
    others = {"email"} if people.kind == rules.CONTROLLERS else {"telegram", "email", "post"} if people.post_count else {"telegram", "email"}
    known = [name for name in rules.KNOWN_CHANNELS if name in others or name in plan.order]
    found = [order for length in range(len(known), 0, -1) for order in permutations(known, length)]
    return [(",".join(order), ", then ".join(CHANNELS[one] for one in order) + ("" if len(order) > 1 else " only"))
            for order in found]


def _notes(notice: Notice, people_count: int) -> tuple[str, ...]:
    ready = sum(check.ready for check in notices.check(db.session(), notice.id).values())
    plan = ChannelPlan.from_json(notice.plan)
    approved = {NoticeState.DRAFT: "", NoticeState.IN_REVIEW: "waiting"}.get(NoticeState(notice.state), "approved")
    return (
        f"{thousands(people_count)} {'controllers' if notice.kind == rules.CONTROLLERS else 'people'}", f"{ready} of {len(notice.texts)} ready",
        ", ".join(CHANNELS[one] for one in plan.order), "", approved,
        "sent" if notice.state in rules.LAUNCHED else "",
    )


def said_first(notice: Notice, case: Case) -> dict[str, Any]:
    """Return what is to be known before a notice goes out: who was told before, and who gets it while only the team does."""
    session = db.session()
    found: dict[str, Any] = {"told_before": notices.told_before(db.session(), notice), "kept": "", "team": "", "within": None}
    kept = "" if notice.state in rules.LAUNCHED else kept_to_team(mode(), drill=case.is_drill)
    if kept:
        within = deliveries.in_team(session, notice, ports().vault)
        people = recipients.find_list(session, case.id, notice.list_id)
        whom = "controllers" if notice.kind == rules.CONTROLLERS else "people"
        found |= {"kept": kept, "within": within, "team": team_words(within, people.people_count, whom)}
    return found


def frame(notice: Notice, case: Case, step: str) -> dict[str, Any]:
    """Return what the frame of every step needs: the steps with their notes, the list, what this person may do."""
    people = recipients.find_list(db.session(), case.id, notice.list_id)
    notes = _notes(notice, people.people_count)
    here = STEPS.index(step)
    order = [
        (label, note, "now" if name == step else "done" if STEPS.index(name) < here else "todo",
         url_for(f"notices.{name}", ref=case.ref, number=notice.number), name)
        for name, label, note in zip(STEPS, LABELS, notes, strict=True)
    ]
    plan, preflight = ChannelPlan.from_json(notice.plan), recipients.preflight_of(db.session(), people.id)
    editable = notice.state in rules.EDITABLE and may(actor(), Permission.DRAFT_NOTICE) and case.id not in actor().opened
    return {
        "case": case, "notice": notice, "people": people, "wizard_steps": order, "wizard_step": step,
        "editable": editable,
        "state_words": rules.WORDS[NoticeState(notice.state)], "channel_names": CHANNELS,
        "plan": plan, "preflight": preflight,
        "dropped": summary(preflight.counts or {}, bypass=plan.bypass), "launched": notice.state in rules.LAUNCHED,
    }
