"""A larger file comes in slice by slice, sent by a script of the evidence tab that shows how far it is and goes on after
a break. Without the script the form of that tab takes what one request may carry.
"""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.incoming import Incoming
from incident_app.services import file_parts, incoming
from incident_app.web.documents import say_kept
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now, ports

bp = Blueprint("incoming", __name__)
READ_AT_ONCE = 256 * 1024


def coming_json(coming: Incoming) -> dict[str, Any]:
    """Return how far a file is, and what its last part is, so that nobody goes on with another file."""
    here: dict[str, Any] = {"ref": coming_ref(), "file_id": coming.public_id}
    return {
        "received": coming.received, "size": coming.size, "last": file_parts.last_digest(db.session(), coming),
        "put": url_for("incoming.put", **here), "finish": url_for("incoming.finish", **here),
    }


def coming_ref() -> str:
    """Return the case of this request."""
    return str((request.view_args or {})["ref"])


def body() -> Iterator[bytes]:
    """Return the body of this request as it comes in."""
    return iter(lambda: request.stream.read(READ_AT_ONCE), b"")


def number(text: str, field: str) -> int:
    """Read a count of bytes. Raises ``Refused``."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused("The file was not taken.", {field: "Give a number of bytes."})
    return int(text)


@bp.post("/cases/<ref>/evidence/incoming")
@allowed(Permission.UPLOAD_EVIDENCE)
def begin(ref: str) -> ResponseReturnValue:
    """Announce a file."""
    said = request.form
    coming = incoming.begin(
        db.session(), case_or_404(ref).id, kind=said.get("kind", ""), name=said.get("name", ""),
        media_type=said.get("type", ""), size=number(said.get("size", ""), "size"), by=actor(), now=now(), vault=ports().vault)
    return jsonify(coming_json(coming)), 201


@bp.get("/cases/<ref>/evidence/incoming/<uuid:file_id>")
@allowed(Permission.UPLOAD_EVIDENCE)
def show(ref: str, file_id: object) -> ResponseReturnValue:
    """Say how far a file is."""
    return jsonify(coming_json(incoming.find(db.session(), case_or_404(ref).id, str(file_id), by=actor())))


@bp.put("/cases/<ref>/evidence/incoming/<uuid:file_id>")
@allowed(Permission.UPLOAD_EVIDENCE)
def put(ref: str, file_id: object) -> ResponseReturnValue:
    """Take the next slice (``?from=`` the bytes that are there), straight from the request into the store."""
    coming = incoming.put(db.session(), case_or_404(ref).id, str(file_id), number(request.args.get("from", "0"), "from"),
                          body(), by=actor(), now=now(), vault=ports().vault)
    return jsonify(coming_json(coming))


@bp.post("/cases/<ref>/evidence/incoming/<uuid:file_id>/finish")
@allowed(Permission.UPLOAD_EVIDENCE)
def finish(ref: str, file_id: object) -> ResponseReturnValue:
    """Keep a file that has come in whole; the next page says its SHA-256."""
    kept = incoming.finish(db.session(), case_or_404(ref).id, str(file_id), by=actor(), now=now(), vault=ports().vault)
    say_kept(kept)
    return jsonify(sha256=kept.sha256, page=url_for("documents.of_case", ref=ref))


@bp.post("/cases/<ref>/evidence/incoming/<uuid:file_id>/discard")
@allowed(Permission.UPLOAD_EVIDENCE)
def discard(ref: str, file_id: object) -> ResponseReturnValue:
    """Throw away what has come in so far."""
    incoming.discard(db.session(), case_or_404(ref).id, str(file_id), by=actor(), now=now())
    flash("What had come in of that file was thrown away.", "done")
    return redirect(url_for("documents.of_case", ref=ref))
