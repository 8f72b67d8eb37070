"""The whole loop, once, with a clock moved by hand: filed, scored, decided, told, proved, remedied, reviewed, closed."""

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.bundle_verifier import verify
from incident_app.domain.cases import Count
from incident_app.domain.closing import GapKind, StillOpen, hash_of
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import DISCHARGED, OWED, SUPERSEDED, Obligation
from incident_app.services import (
    alerts,
    audit,
    bundles,
    cases,
    closing,
    deliveries,
    filings,
    notices,
    recipients,
    remediation,
    review,
    risk,
)
from incident_app.services.bundles import Tools
from tests.builders import BREACH, the_forms, the_law, the_world
from tests.fakes import (
    START,
    FakeCalendar,
    FakeChannel,
    FakeClock,
    FakeLetters,
    FakeLimiter,
    FakePdf,
    FakeVault,
)
from tests.people import ANYBODY, People
from tests.services.filing_steps import all_answered, in_full

PEOPLE = """name,email,telegram_id,language,country
Ana,ana@example.org,1001,es,ES
Ben,ben@example.org,,en,DE
Cem,,1003,de,DE
Ben again,BEN@example.org,,en,DE
Dora,not an address,,en,FR
"""


def duty(session: Session, provision: str) -> Obligation:
    """Return the living duty of this article."""
    return session.scalars(
        select(Obligation).where(Obligation.provision == provision, Obligation.state != SUPERSEDED)).one()


def submitted(session: Session, filing: Filing, by: Actor, clock: FakeClock, vault: FakeVault) -> Filing:
    """Record that the filing went in by the portal, with its receipt."""
    return filings.mark_submitted(
        session, filing.id, submitted_at=clock.now(), how="portal", reference="2026-88213", proof_name="receipt.pdf",
        proof_bytes=b"%PDF receipt", by=by, now=clock.now(), vault=vault, forms=the_forms(), law=the_law(),
        calendar=FakeCalendar(),
    )


def test_a_breach_goes_round_the_loop_once(session: Session, people: People, clock: FakeClock, tmp_path: Path) -> None:
    responder, approver = people.responder, people.approver
    vault, world = FakeVault(), the_world()
    channels = {"telegram": FakeChannel("telegram"), "email": FakeChannel("email", batch=1000)}

    # A responder logs the breach at nine forty; the clock of the home law runs for 72 hours.
    breach = replace(BREACH, kind="leaked-ai-prompts", people=Count.about(3), countries=("ES", "DE"),
                     data_categories=("ai_prompts",))
    case = cases.file(session, breach, by=responder, now=clock.now(), world=world)
    authority = session.scalars(select(Obligation).where(Obligation.provision == "Art 33(1)")).one()
    assert authority.due_at == START + timedelta(hours=72)

    # Its checklist is loaded, and the case says why it cannot be closed.
    assert remediation.open_actions(session, case.id)
    assert closing.gaps(session, case, clock.now())

    # A day before the deadline the on-call is woken, once, however often the clock is asked.
    clock.move(hours=49)
    first, again = alerts.raise_due(session, now=clock.now()), alerts.raise_due(session, now=clock.now())
    assert (first.raised, again.raised) == (1, 0)
    (alert,) = alerts.running(session, by=ANYBODY)
    alerts.acknowledge(session, alert.id, by=people.oncall_person, now=clock.now())

    # The severity is scored; the approver decides that both must be told.
    answers = rules.Answers(
        classes=(rules.ClassAnswer(rules.DataClass.SENSITIVE, 0, "Health words in prompts"),), ei=Decimal("0.75"),
        confidentiality=Decimal("0.5"), integrity=Decimal(0), availability=Decimal(0), malicious=True,
    )
    scored = risk.assess(session, case.id, answers, reasons={}, extra=risk.Extra(), by=responder, now=clock.now(),
                         law=the_law())
    assert scored.level == "very_high"
    for subject in ("authority", "people"):
        risk.decide(session, case.id, subject, risk.REQUIRED, "High risk is likely.", by=approver, now=clock.now())

    # The facts for the letter are written down.
    facts = replace(
        cases.facts_of(case), consequences="Somebody may read what people asked the assistant.",
        measures_taken="The link was closed and the keys changed.", measures_planned="Exports will expire.",
        occurred_at=START - timedelta(hours=12), confidentiality=True,
    )
    cases.edit(session, case.id, facts, version=case.version, by=responder, now=clock.now(), world=world)

    # The list of people goes in: one double joined, one address named and refused, nobody lost.
    listed = recipients.import_list(session, case.id, "people.csv", PEOPLE.encode(), by=responder, now=clock.now(),
                                    vault=vault)
    assert (listed.people_count, listed.duplicate_count, listed.refused_count) == (3, 1, 1)

    # The notice is drafted in the languages of the list; its author cannot approve it, the approver can.
    notice = notices.draft(session, case.id, listed.id, by=responder, now=clock.now())
    # What was done stands there in English alone: the others wait for a translation, or for a reason why they need none.
    with pytest.raises(Refused) as refused:
        notices.ask_approval(session, notice.id, version=notice.version, by=responder, now=clock.now())
    assert set(refused.value.problems) == {"de", "es"}
    for language in sorted(refused.value.problems):
        notice = notices.waive(session, notice.id, language, "untranslated", "It says no more than the words above.",
                               by=responder, now=clock.now())
    notice = notices.ask_approval(session, notice.id, version=notice.version, by=responder, now=clock.now())
    with pytest.raises(Forbidden):
        notices.approve(session, notice.id, version=notice.version, by=responder, now=clock.now())
    notice = notices.approve(session, notice.id, version=notice.version, by=approver, now=clock.now())

    # It is launched once; a second time is refused; the sum adds up to the last person.
    deliveries.launch(session, notice.id, typed_count=3, by=responder, now=clock.now())
    with pytest.raises(Conflict):
        deliveries.launch(session, notice.id, typed_count=3, by=responder, now=clock.now())
    for _ in range(20):
        deliveries.send_due(session, clock=clock, channels=channels, limiter=FakeLimiter(), vault=vault,
                            letters=FakeLetters(), worker="test", sleep=lambda seconds: None)
        deliveries.sweep(session, now=clock.move(minutes=1), law=the_law())
    progress = deliveries.overview(session, notice.id, now=clock.now())
    assert (progress.total, progress.accepted, progress.waiting, progress.adds_up) == (3, 3, 0, True)
    assert len(channels["telegram"].sent) == 2
    assert len(channels["email"].sent) == 1

    # The people's clock stands still; the authority's only once a filing went in, with its receipt.
    assert duty(session, "Art 34(1)").state == DISCHARGED
    filing = filings.draft(session, duty(session, "Art 33(1)").id, by=responder, now=clock.now(), forms=the_forms(),
                           law=the_law())
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=responder,
                          now=clock.now(), forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=filing.version, by=responder, now=clock.now(),
                                  forms=the_forms())
    with pytest.raises(Forbidden):
        filings.approve(session, filing.id, version=filing.version, by=responder, now=clock.now(), forms=the_forms(),
                        vault=vault)
    filing = filings.approve(session, filing.id, version=filing.version, by=approver, now=clock.now(),
                             forms=the_forms(), vault=vault)
    assert duty(session, "Art 33(1)").state == OWED
    filing = submitted(session, filing, approver, clock, vault)
    assert (duty(session, "Art 33(1)").state, filing.late_by_seconds) == (DISCHARGED, None)

    # It left things open, so the rest is owed (Art 33(4)), until a follow-up brings it.
    assert duty(session, "Art 33(4)").state == OWED
    clock.move(hours=30)
    rest = filings.draft(session, duty(session, "Art 33(4)").id, by=responder, now=clock.now(), forms=the_forms(),
                         law=the_law())
    for _ in range(3):
        rest = filings.save(session, rest.id, in_full(rest), version=rest.version, by=responder, now=clock.now(),
                            forms=the_forms())
    rest = filings.ask_approval(session, rest.id, version=rest.version, by=responder, now=clock.now(), forms=the_forms())
    rest = filings.approve(session, rest.id, version=rest.version, by=approver, now=clock.now(), forms=the_forms(),
                           vault=vault)
    assert submitted(session, rest, approver, clock, vault).complete
    assert duty(session, "Art 33(4)").state == DISCHARGED

    # While actions are open the case stays open, and nobody closes it over them alone.
    with pytest.raises(StillOpen, match="Still to be done"):
        cases.close(session, case.id, "All told, all mended.", version=case.version, by=approver, now=clock.now())
    open_now = closing.gaps(session, case, clock.now())
    asked = cases.ask_closing_over(session, case.id, "The rest is the processor's to do.", seen=hash_of(open_now),
                                   version=case.version, by=approver, now=clock.now())
    with pytest.raises(Forbidden):
        cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=approver, now=clock.now())
    cases.answer_closing_over(session, case.id, asked.public_id, agreed=False, reason="Let us finish what we began.",
                              by=people.second_approver, now=clock.now())

    # What remedies it is done, each with its proof; then only the review is missing.
    for action in remediation.open_actions(session, case.id):
        remediation.complete(session, action.id, "Done, see the change log.", by=responder, now=clock.now())
    unchecked = remediation.open_mandatory(session, case)
    assert {gap.kind for gap in closing.gaps(session, case, clock.now())} == {GapKind.UNCHECKED, GapKind.REVIEW}
    for action in unchecked:
        remediation.check(session, action.id, agreed=True, by=approver, now=clock.now())
    assert [gap.kind for gap in closing.gaps(session, case, clock.now())] == [GapKind.REVIEW]

    # The review writes itself; words are added, two people sign it, and the case is reviewed.
    found = review.facts(session, case)
    assert (found.hours.awareness_to_filing, found.hours.awareness_to_first_told) == (49.3, 49.0)
    assert (found.counted("kept"), found.counted("missed"), found.reach.told, found.reach.none, found.open_actions) == (1, 0, 3, 0, ())
    assert [(one.hours >= 24) for one in found.silences] == [True, True], "nobody did anything for two days, and again for one"
    review.save(session, case.id, "It was filed in time, but looked at late.", "Drafts begin on the first day.", version=0,
                by=responder, now=clock.now())
    signed = review.look(session, case).content_hash
    for person in (responder, approver):
        review.sign(session, case.id, signed, by=person, now=clock.now())
    assert session.get_one(Case, case.id).state == "reviewed"

    # It is closed, and the chain verifies.
    closed = cases.close(session, case.id, "All told, all mended.", version=case.version, by=approver, now=clock.now())
    assert closed.state == "closed"
    assert audit.verify(session).complete
    assert {entry.action for entry in audit.of_case(session, case.id)} >= {
        "case.filed", "risk.assessed", "risk.decided", "obligation.discharged", "case.closing_over.refused", "review.signed",
        "case.closed",
    }

    # The evidence bundle holds the review exactly as it was signed, and its own verifier says that it is complete.
    tools = Tools(vault, FakePdf(), the_law(), the_forms(), "https://breach.example.org/", None)
    bundle = bundles.make(session, case.id, by=people.auditor, now=clock.now(), tools=tools)
    path = tmp_path / bundle.name
    path.write_bytes(b"".join(bundles.zipped(bundle)))
    assert verify(str(path), bundle.seal).startswith("complete: ")
    pieces = {piece.path: piece for piece in bundle.pieces}
    assert (pieces["review/signed.json"].sha256, pieces["review/signed.json"].entry is not None) == (signed, True)
    assert {"review/review.pdf", "closings/closings.json"} <= set(pieces)
    with zipfile.ZipFile(path) as whole:
        (kept,) = json.loads(whole.read("closings/closings.json"))
    assert (kept["reason"], kept["closed_by"], kept["review"]) == ("All told, all mended.", "Ada Approver", signed)
