"""The rota as JSON: who is on call, shifts, gaps; add, change, remove, cover, hand over, rotations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed
from incident_app.api.schemas import MomentField, Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.domain.rotations import Rotation
from incident_app.extensions import db
from incident_app.models.rota import Shift
from incident_app.services import rota
from incident_app.wiring import now

blp = Blueprint("api_rota", __name__, url_prefix="/api/v1")
LOOK_AHEAD = timedelta(days=28)
LONGEST_LOOK = timedelta(days=366)


class StretchSchema(Strict):
    """From when to when (ISO 8601 with an offset)."""

    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)


class ShiftSchema(StretchSchema):
    """Who is on call from when to when."""

    user_id = fields.Integer(strict=True, required=True)


class ChangeSchema(StretchSchema, Versioned):
    """Other times for a shift; ``version`` as it was read, to be told when somebody was faster."""

    needs_version = False


class CoverSchema(ShiftSchema, Versioned):
    """Who stands in from when to when."""

    needs_version = False


class HandOverSchema(Strict):
    """Who is on call from now to the end of the shift that counts now; ``shift_id`` as it was read."""

    user_id = fields.Integer(strict=True, required=True)
    shift_id = fields.Integer(strict=True, load_default=None)


class WindowSchema(Strict):
    """The stretch looked at; 28 days from now where nothing is said, a year at most."""

    since = MomentField(load_default=None)
    until = MomentField(load_default=None)


class MomentSchema(Strict):
    """A moment; now where nothing is said."""

    at = MomentField(load_default=None)


class RotationSchema(Strict):
    """People who take turns; ``weekday`` 0 is Monday, ``days`` is 1, 7 or 14, ``at`` the local time of the hand-over."""

    people = fields.List(fields.Integer(strict=True), required=True)
    days = fields.Integer(strict=True, required=True)
    weekday = fields.Integer(strict=True, load_default=0)
    at = fields.Time(format="%H:%M", required=True)
    zone = fields.String(required=True)
    first = fields.Date(required=True)
    turns = fields.Integer(strict=True, required=True)
    save = fields.Boolean(load_default=False)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _stretch(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {"starts_at": _moment(starts_at), "ends_at": _moment(ends_at)}


def _shift_json(shift: Shift) -> dict[str, Any]:
    return {
        "id": shift.id, "user_id": shift.user_id, "name": shift.user.name, "version": shift.version,
        "covers": shift.covers.name if shift.covers else None, "covers_id": shift.covers_id,
        **_stretch(shift.starts_at, shift.ends_at),
    }


def _gaps_json(gaps: list[tuple[datetime, datetime]]) -> list[dict[str, str]]:
    return [{"from": _moment(start), "to": _moment(end)} for start, end in gaps]


@blp.route("/rota", methods=["GET"])
@allowed(Permission.SEE_ROTA)
@blp.alt_response(200, schema=answers.ROTA, success=True)
def read_rota() -> dict[str, Any]:
    """Read who is on call now, who is next, the shifts of the next 28 days, and every gap that is to be filled."""
    session, at = db.session(), now()
    on_call, coming = rota.on_call(session, at), rota.who_is_next(session, at)
    return {
        "on_call": on_call.name if on_call else None,
        "next": {"name": coming[0].name, "at": _moment(coming[1].starts_at)} if coming else None,
        "shifts": [_shift_json(shift) for shift in rota.upcoming(session, at, at + LOOK_AHEAD)],
        "gaps": _gaps_json(rota.open_gaps(session, at)),
    }


@blp.route("/rota/on-call", methods=["GET"])
@allowed(Permission.SEE_ROTA)
@blp.arguments(MomentSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.ON_CALL, success=True)
def who(query: dict[str, Any]) -> dict[str, Any]:
    """Read who is on call at a moment, by which shift, from when to when; ``null`` where nobody is."""
    at = query["at"] or now()
    found = rota.current_shift(db.session(), at)
    if found is None:
        return {"at": _moment(at), "on_call": None}
    return {"at": _moment(at), "on_call": {
        "user_id": found.user_id, "name": found.user.name, "shift_id": found.shift.id,
        **_stretch(found.starts_at, found.ends_at)}}


@blp.route("/rota/shifts", methods=["GET"])
@allowed(Permission.SEE_ROTA)
@blp.arguments(WindowSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.SHIFTS, success=True)
def shifts(query: dict[str, Any]) -> dict[str, Any]:
    """List the shifts that touch a stretch of time."""
    since = query["since"] or now()
    until = query["until"] or since + LOOK_AHEAD
    if not since < until <= since + LONGEST_LOOK:
        raise Refused("The stretch was not understood.", {"until": "It must come after since, a year later at most."})
    return {"shifts": [_shift_json(shift) for shift in rota.upcoming(db.session(), since, until)]}


@blp.route("/rota/gaps", methods=["GET"])
@allowed(Permission.SEE_ROTA)
@blp.alt_response(200, schema=answers.GAPS, success=True)
def gaps() -> dict[str, Any]:
    """List when nobody is on call, until the end of the rota and seven days ahead at least."""
    return {"gaps": _gaps_json(rota.open_gaps(db.session(), now()))}


@blp.route("/rota/shifts", methods=["POST"])
@allowed(Permission.MANAGE_ROTA)
@blp.arguments(ShiftSchema)
@blp.alt_response(201, schema=answers.SHIFT, success=True)
def add_shift(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Put somebody on call; over an existing shift the one made later counts."""
    made = rota.add_shift(db.session(), body["user_id"], body["starts_at"], body["ends_at"], by=actor(), now=now())
    return _shift_json(made), 201


@blp.route("/rota/shifts/<int:shift_id>", methods=["PATCH"])
@allowed(Permission.MANAGE_ROTA)
@versioned
@blp.arguments(ChangeSchema)
@blp.alt_response(200, schema=answers.SHIFT, success=True)
def change_shift(body: dict[str, Any], shift_id: int) -> dict[str, Any]:
    """Give a shift other times."""
    with both("shift", shift_id, None, lambda: _shift_json(rota.shift(db.session(), shift_id))):
        return _shift_json(rota.change_shift(db.session(), shift_id, body["starts_at"], body["ends_at"],
                                             version=body.get("version"), by=actor(), now=now()))


@blp.route("/rota/shifts/<int:shift_id>", methods=["DELETE"])
@allowed(Permission.MANAGE_ROTA)
@blp.alt_response(204, success=True)
def remove_shift(shift_id: int) -> tuple[str, int]:
    """Take a shift off the rota; one that runs ends now."""
    rota.remove_shift(db.session(), shift_id, by=actor(), now=now())
    return "", 204


@blp.route("/rota/shifts/<int:shift_id>/cover", methods=["POST"])
@allowed(Permission.COVER_SHIFT)
@versioned
@blp.arguments(CoverSchema)
@blp.alt_response(201, schema=answers.SHIFT, success=True)
def cover(body: dict[str, Any], shift_id: int) -> tuple[dict[str, Any], int]:
    """Let somebody stand in for a stretch of a shift."""
    made = rota.cover(db.session(), shift_id, body["user_id"], body["starts_at"], body["ends_at"],
                      version=body.get("version"), by=actor(), now=now())
    return _shift_json(made), 201


@blp.route("/rota/hand-over", methods=["POST"])
@allowed(Permission.COVER_SHIFT)
@blp.arguments(HandOverSchema)
@blp.alt_response(201, schema=answers.SHIFT, success=True)
def hand_over(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Let somebody else be on call from now to the end of the shift that counts now."""
    made = rota.hand_over(db.session(), body["user_id"], shift_id=body["shift_id"], by=actor(), now=now())
    return _shift_json(made), 201


@blp.route("/rota/rotations", methods=["POST"])
@allowed(Permission.MANAGE_ROTA)
@blp.arguments(RotationSchema)
@blp.alt_response(200, schema=answers.ROTATION, success=True)
@blp.alt_response(201, schema=answers.ROTATION, success=True)
def rotation(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """List the turns of a rotation, and what they replace; with ``save`` they become shifts."""
    save = body.pop("save")
    plan = Rotation(**body | {"people": tuple(body["people"])})
    shown = rota.preview_rotation(db.session(), plan, by=actor(), now=now())
    turns = [{"user_id": turn.user_id, "name": user.name, "note": turn.note, **_stretch(turn.starts_at, turn.ends_at)}
             for user, turn in shown.turns]
    if save:
        rota.save_rotation(db.session(), plan, seen=shown.seen, by=actor(), now=now())
    counts = {"shifts_replaced": shown.replaced.whole, "shifts_cut": shown.replaced.cut, "covers": shown.replaced.covers}
    return {"turns": turns, "saved": save, **counts}, 201 if save else 200
