"""The clock starts it: the head is told outside, the auditors hear of the week, what is due goes."""

from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from incident_app.adapters.anchor_file import AnchorFile
from incident_app.extensions import db
from incident_app.models.linking import StaffNote
from incident_app.tasks import record, retention
from incident_app.wiring import KEY, ports


def test_the_tasks_do_what_the_schedule_says(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        app.extensions[KEY] = replace(ports(), anchor_log=AnchorFile(tmp_path / "anchors.log"))

        assert record.anchor() == 2
        assert record.weekly() == 1
        assert retention.clear() is None

        kinds = set(db.session.scalars(select(StaffNote.kind)))
    assert kinds == {"anchor", "digest"}
    assert (tmp_path / "anchors.log").read_text().count("\n") == 1
