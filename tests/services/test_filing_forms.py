"""A filing on the authority's own form: chosen by its duty, changed by hand, printed in its language."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.filings import Phase, from_json
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.services import cases, filings
from incident_app.services.filings import Chosen
from tests.builders import the_forms, the_law, the_world
from tests.fakes import FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import (
    SOON,
    a_draft,
    all_answered,
    an_approved_filing,
    an_owed_case,
    in_full,
    submit,
)
from tests.services.paper_steps import on_paper


def choose(session: Session, filing: Filing, people: People, **wanted: str) -> Chosen:
    return filings.choose_form(session, filing.id, version=filing.version, by=people.responder, now=SOON, forms=the_forms(),
                               law=the_law(), **wanted)


def save(session: Session, filing: Filing, people: People, **values: object) -> Filing:
    return filings.save(session, filing.id, {name: {"value": value} for name, value in values.items()},
                        version=filing.version, by=people.responder, now=SOON, forms=the_forms())


def test_the_form_follows_the_duty_and_answers_go_along_where_it_is_changed(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    assert (filing.form_id, filing.language) == ("de-land-1", "en")
    save(session, filing, people, cause="Typed by hand", people_words="Users of the service")

    chosen = choose(session, filing, people, form_id="edpb-1")
    assert chosen.again == ()
    answers = from_json(filing.answers)
    assert (answers["cause"].value, answers["cause"].source) == ("Typed by hand", "typed")
    assert answers["severity"].value == "severe"  # the case knows it, the form before did not ask

    chosen = choose(session, filing, people, form_id="cnil-1")
    assert chosen.again == ()  # two of four levels mean it, and the case tells which
    assert from_json(filing.answers)["severity"].value == "maximal"
    choose(session, filing, people, form_id="ico-1")
    assert from_json(filing.answers)["severity"].answered  # not asked here, kept all the same
    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
    assert "severity" not in {view.field.id for section in page.sections for view in section.fields}
    assert [section.id for section in page.sections][:2] == ["about", "events"]
    assert filing.form_id == "ico-1"


def test_what_was_typed_and_could_mean_two_things_is_asked_anew_and_not_of_the_case(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    choose(session, filing, people, form_id="edpb-1")
    filing = save(session, filing, people, discovery="own", severity="minor")

    chosen = choose(session, filing, people, form_id="garante-1")

    assert [one.id for one in chosen.again] == ["severity"]
    answers = from_json(filing.answers)
    assert (answers["severity"].answered, answers["discovery"].value) == (False, "own")


def test_a_change_of_form_or_language_voids_the_approval_and_is_on_record(session: Session, people: People) -> None:
    filing = an_approved_filing(session, people, FakeVault())

    choose(session, filing, people, language="de")

    assert (filing.state, filing.language, filing.approved_hash) == ("draft", "de", None)
    entry = session.scalars(select(Entry).where(Entry.action == "filing.edited").order_by(Entry.seq.desc())).first()
    assert entry is not None
    assert entry.details["fields"] == ["language"]
    version = filing.version
    choose(session, filing, people, language="de", form_id=filing.form_id)
    assert filing.version == version


def test_a_form_or_language_that_is_none_is_refused_and_so_is_who_may_not(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    for wrong, field in (({"form_id": "odd"}, "form_id"), ({"language": "xx"}, "language")):
        with pytest.raises(Refused) as refused:
            choose(session, filing, people, **wrong)
        assert list(refused.value.problems) == [field]
    with pytest.raises(Forbidden):
        filings.choose_form(session, filing.id, form_id="edpb-1", version=1, by=people.auditor, now=SOON, forms=the_forms(),
                            law=the_law())
    with pytest.raises(Conflict):
        filings.choose_form(session, filing.id, form_id="edpb-1", version=9, by=people.responder, now=SOON, forms=the_forms(),
                            law=the_law())


def test_a_follow_up_stays_on_the_form_and_in_the_language_of_the_first(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    filing = a_draft(session, people, case)
    choose(session, filing, people, form_id="edpb-1", language="de")
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=people.responder, now=SOON,
                          forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON, forms=the_forms())
    filing = filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON, forms=the_forms(),
                             vault=FakeVault())
    submit(session, filing, people, FakeVault())

    rest = filings.draft(session, filing.obligation_id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())

    assert (rest.form_id, rest.language, rest.phase) == ("edpb-1", "de", "follow_up")
    choose(session, rest, people, form_id="de-nw-1")
    assert rest.before is not None
    assert rest.before["risk_outcome"]["value"] == "high_risk"
    page = filings.page(session, rest, now=SOON, forms=the_forms(), law=the_law())
    assert [phase for phase, possible in page.phases if possible] == [Phase.FOLLOW_UP, Phase.FINAL, Phase.WITHDRAW]
    with pytest.raises(Refused, match="Nothing was changed") as refused:
        choose(session, rest, people, form_id="rkn-1")
    assert "knows no follow-up" in refused.value.problems["form_id"]


def test_a_trap_shows_where_it_bites(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    choose(session, filing, people, form_id="de-nw-1")

    def trapped() -> dict[str, tuple[str, ...]]:
        page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
        assert "file number" in page.traps("sent")[0]
        return {view.field.id: view.traps for section in page.sections for view in section.fields if view.traps}

    assert trapped() == {}
    save(session, filing, people, risk_outcome="no_or_low_risk")
    assert "does NOT transmit" in trapped()["risk_outcome"][0]


def test_it_is_printed_in_its_language_and_what_was_typed_stays(session: Session, people: People) -> None:
    filing = save(session, a_draft(session, people), people, what_happened="A storage was open.")
    choose(session, filing, people, language="de")
    form = the_forms()[filing.form_id]

    content = filings.content(session, filing, form, SOON)

    assert content["form_title"] == "Meldung einer Verletzung des Schutzes personenbezogener Daten an die Aufsichtsbehörde"
    assert content["phase"] == "Erstmeldung"
    summary = dict(content["summary"])
    assert summary["Was geschehen ist"] == "A storage was open."
    assert summary["Betroffene Personen"] == "etwa 10.000"
    assert summary["Gemeldet"] == "noch nicht"
    assert any("ist nicht beantwortet" in gap for gap in content["gaps"])
    rows = {row["label"]: row["value"] for section in content["sections"] for row in section["rows"]}
    assert rows["Sind Auftragsverarbeiter oder gemeinsam Verantwortliche beteiligt?"] == "Ja"
    pdf = FakePdf()
    assert b" de " in on_paper(session, filing, people.auditor, pdf, now=SOON)


def russian_duties(session: Session, people: People) -> dict[str, Obligation]:
    case = an_owed_case(session, people)
    known = session.get_one(Case, case.id)
    facts = cases.facts_of(known)
    plain = {name: getattr(facts, name) for name in facts.__slots__} | {"countries": ("RU",)}
    cases.edit(session, case.id, cases.Facts(**plain), version=known.version, by=people.responder, now=SOON, world=the_world())
    duties = filings.duties_to_authorities(session, case.id)
    return {duty.stage: duty for duty in duties if duty.recipient == "Roskomnadzor"}


def test_roskomnadzor_gets_a_primary_and_an_additional_notice(session: Session, people: People) -> None:
    duties = russian_duties(session, people)
    assert set(duties) == {"initial", "final"}
    with pytest.raises(Refused, match="Nothing was filed yet"):
        filings.draft(session, duties["final"].id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())
    first = filings.draft(session, duties["initial"].id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())
    assert (first.form_id, first.phase) == ("rkn-1", "initial")
    for _ in range(2):
        first = filings.save(session, first.id, in_full(first), version=first.version, by=people.responder, now=SOON,
                             forms=the_forms())
    first = filings.ask_approval(session, first.id, version=first.version, by=people.responder, now=SOON, forms=the_forms())
    first = filings.approve(session, first.id, version=first.version, by=people.approver, now=SOON, forms=the_forms(),
                            vault=FakeVault())
    submit(session, first, people, FakeVault(), reference="RKN-1")

    later = SOON + timedelta(hours=30)
    second = filings.draft(session, duties["final"].id, by=people.responder, now=later, forms=the_forms(), law=the_law())

    page = filings.page(session, second, now=later, forms=the_forms(), law=the_law())
    assert second.phase == "final"
    assert [section.id for section in page.sections] == ["controller", "additional"]
    assert [page.form.phase_words(phase) for phase, possible in page.phases if possible] == ["Additional (within 72 hours)"]
    assert from_json(second.answers)["previous_reference"].value == "RKN-1"
    assert "inquiry_result" in {gap.field_id for gap in page.gaps}
