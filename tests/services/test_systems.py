"""The organisation's profile by version, the systems of a case, and similar earlier breaches."""

from dataclasses import replace

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.filings import facts, fill
from incident_app.domain.lessons import Lessons
from incident_app.domain.organisation import Contact, Establishment
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.domain.remediation import ActionState
from incident_app.domain.systems import Facts
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.systems import CaseTrait, System
from incident_app.services import (
    cases,
    lessons,
    organisation,
    picking,
    profile,
    remediation,
    similar,
    systems,
)
from incident_app.services.filings.records import record_of
from incident_app.services.remediation import NewAction
from incident_app.services.writing_down import entries as register_entries
from tests.builders import a_case, the_forms, the_law, the_world
from tests.fakes import START, FakeCalendar, FakeClock
from tests.people import People
from tests.services.test_scope import restrict

BILLING = Facts(name="Billing", description="Invoices", place="Frankfurt", data_categories=("payment", "contact"),
                people_kinds=("customers", "employees"), processors=("Host",), list_source="Report 12 of the accounts team")
SHOP = Facts(name="Shop", data_categories=("account", "contact"), people_kinds=("users",), processors=("Host", "Payments"))


def entered(session: Session, by: Actor, facts: Facts = BILLING) -> System:
    return systems.add(session, facts, by=by, now=START, law=the_law())


def pick(session: Session, case: Case, system: System, by: Actor) -> Case:
    return picking.pick(session, case.id, system.id, by=by, now=START, law=the_law(), calendar=FakeCalendar())


def drop(session: Session, case: Case, system: System, by: Actor) -> Case:
    return picking.drop(session, case.id, system.id, by=by, now=START, law=the_law(), calendar=FakeCalendar())


def test_every_change_of_a_system_is_a_version_with_both_texts(session: Session, people: People, clock: FakeClock) -> None:
    # Given a system that is entered, changed, saved again as it is, retired and taken up again
    system, law = entered(session, people.approver), the_law()
    moved = replace(BILLING, place="Dublin")
    for version in (1, 2):
        systems.change(session, system.id, moved, version=version, by=people.admin, now=clock.now(), law=law)
    systems.retire(session, system.id, retired=True, version=2, by=people.admin, now=clock.now())
    systems.retire(session, system.id, retired=True, version=3, by=people.admin, now=clock.now())
    assert systems.choices(session) == {}
    systems.retire(session, system.id, retired=False, version=3, by=people.admin, now=clock.now())

    # Then each change says who, and everything before and after
    found = profile.versions(session, profile.SYSTEM, system.id)
    assert [(one.number, one.by_id) for one in found] == [
        (4, people.admin.id), (3, people.admin.id), (2, people.admin.id), (1, people.approver.id)]
    assert profile.differing(found[2]) == [("place", "Frankfurt", "Dublin")]
    assert profile.differing(found[1]) == [("retired", False, True)]
    assert (found[3].before, found[3].after) == (None, BILLING.to_json())
    assert systems.choices(session) == {system.id: "Billing"}
    assert [one.name for one in systems.every(session, by=people.auditor)] == ["Billing"]
    assert systems.facts_of(systems.find(session, system.id, by=people.responder)) == moved


def test_who_may_not_who_is_slow_and_what_is_wrong_is_refused(session: Session, people: People) -> None:
    system, law = entered(session, people.approver), the_law()
    with pytest.raises(Forbidden):
        entered(session, people.responder, SHOP)
    with pytest.raises(Forbidden):
        systems.every(session, by=people.reporter)
    with pytest.raises(Refused) as twice:
        entered(session, people.admin)
    assert set(twice.value.problems) == {"name"}
    with pytest.raises(Refused) as wrong:
        entered(session, people.admin, Facts(name="", data_categories=("nonsense",)))
    assert set(wrong.value.problems) == {"name", "data_categories"}
    with pytest.raises(Stale):
        systems.change(session, system.id, SHOP, version=7, by=people.admin, now=START, law=law)
    with pytest.raises(NotFound):
        systems.change(session, 4711, SHOP, version=1, by=people.admin, now=START, law=law)
    with pytest.raises(NotFound):
        systems.find(session, 4711, by=people.admin)


def test_a_case_is_filled_in_keeps_its_version_and_its_filing_says_so(session: Session, people: People) -> None:
    # Given a case that nobody wrote data or processors into
    system, case, law = entered(session, people.approver), a_case(session, people.responder), the_law()

    # When its system is picked, and changed afterwards
    pick(session, case, system, people.responder)
    systems.change(session, system.id, replace(BILLING, place="Dublin", processors=()), version=1, by=people.admin, now=START, law=law)

    # Then the case has what the system held then, and says from where
    case = session.get_one(Case, case.id, populate_existing=True)
    assert (case.data_categories, case.processors, case.version) == (["payment", "contact"], ["Host"], 2)
    (one,) = picking.of_case(session, case)
    assert (one.version, one.newest, one.facts.place, one.by_id) == (1, 2, "Frankfurt", people.responder.id)
    assert one.filled == {"data_categories": ("payment", "contact"), "processors": ("Host",)}
    record = record_of(session, case, law)
    assert (record.systems, record.people_kinds) == ("Billing: Invoices (Frankfurt)", ("customers", "employees"))
    answers = fill(the_forms()["edpb-1"], facts(record))
    assert (answers["systems"].value, answers["people_kinds"].value) == ("Billing: Invoices (Frankfurt)", ["customers", "employees"])
    (entry,) = register_entries(session, [case.id])
    assert entry.systems == "Billing"
    picked = session.scalars(select(Entry).where(Entry.action == "case.system_picked")).one()
    assert picked.details == {"system": system.id, "version": 1, "fields": ["data_categories", "processors"]}


def test_what_a_person_wrote_stays_and_is_only_told_what_else_there_is(session: Session, people: People) -> None:
    billing, shop = entered(session, people.approver), entered(session, people.approver, SHOP)
    case = a_case(session, people.responder, data_categories=("health",))

    pick(session, case, billing, people.responder)
    case = pick(session, case, shop, people.responder)

    assert (case.data_categories, case.processors) == (["health"], ["Host", "Payments"])
    first, second = picking.of_case(session, case)
    assert (first.filled, first.offered) == ({"processors": ("Host",)}, {"data_categories": ("payment", "contact")})
    assert second.offered == {"data_categories": ("account", "contact")}

    # And taking one away takes what it alone had filled in
    case = drop(session, case, shop, people.responder)
    assert (case.data_categories, case.processors) == (["health"], ["Host"])
    case = drop(session, case, billing, people.responder)
    assert (case.data_categories, case.processors, picking.of_case(session, case)) == (["health"], [], [])


def test_systems_are_picked_when_a_breach_is_logged(session: Session, people: People) -> None:
    billing = entered(session, people.approver)
    case = a_case(session, people.responder, systems=(billing.id, billing.id))
    assert (case.data_categories, case.version) == (["payment", "contact"], 1)
    systems.retire(session, billing.id, retired=True, version=1, by=people.admin, now=START)
    with pytest.raises(Refused) as refused:
        a_case(session, people.responder, systems=(billing.id,))
    assert set(refused.value.problems) == {"systems"}


def test_picking_twice_dropping_what_is_not_there_and_a_closed_case_are_refused(session: Session, people: People) -> None:
    billing, case = entered(session, people.approver), a_case(session, people.responder)
    with pytest.raises(NotFound):
        drop(session, case, billing, people.responder)
    with pytest.raises(Forbidden):
        pick(session, case, billing, people.auditor)
    pick(session, case, billing, people.responder)
    with pytest.raises(Conflict):
        pick(session, case, billing, people.responder)
    # A form of the facts that was opened before is stale now: it would take away what was filled in
    with pytest.raises(Stale):
        cases.edit(session, case.id, cases.facts_of(case), version=1, by=people.responder, now=START, world=the_world())
    session.get_one(Case, case.id).state = "closed"
    session.commit()
    with pytest.raises(Conflict):
        drop(session, case, billing, people.responder)


def test_the_organisation_is_kept_by_version_too(session: Session, people: People) -> None:
    # Given contacts, establishments and companies
    home = cases.organisation(session)
    details = replace(
        organisation.details_of(home), controllers=("Assistant Bot UK Ltd",), contacts=(Contact("Security", "Sam", "sam@example.org"),),
        establishments=(Establishment("DE", "Berlin"), Establishment("ES", "Madrid")))
    organisation.change(session, details, version=1, by=people.admin, now=START)

    # Then they are read back, the version has both texts, and a filing names the establishments
    assert organisation.details_of(cases.organisation(session)) == details
    (version,) = organisation.versions(session, by=people.admin)
    assert {name: before for name, before, _ in profile.differing(version)} == {"controllers": [], "contacts": [], "establishments": []}
    assert record_of(session, a_case(session, people.responder), the_law()).establishments == "DE Berlin\nES Madrid"
    with pytest.raises(Refused) as refused:
        organisation.change(session, replace(details, establishments=(Establishment("Spain"),)), by=people.admin, now=START)
    assert set(refused.value.problems) == {"establishments"}
    with pytest.raises(Forbidden):
        organisation.versions(session, by=people.approver)


def learnt(session: Session, case: Case, by: Actor, cause: str = "misconfiguration") -> None:
    lessons.save(session, case.id, Lessons(cause=cause, differently="Check links."), version=0, by=by, now=START, words=the_law().words)


def earlier(session: Session, case: Case, by: Actor) -> list[str]:
    return [one.title for one in similar.of_case(session, case, by=by, law=the_law())]


def test_a_new_breach_shows_the_earlier_one_what_was_done_and_whether_it_is_known_to_have_worked(session: Session, people: People) -> None:
    # Given an earlier breach with its cause, one remedy done, one open, one not needed, and one on the first day
    old = a_case(session, people.responder, title="Open export")
    learnt(session, old, people.responder)
    for title, kind in (("Close links", "remedy"), ("Expiry dates", "prevent"), ("Call them", "prevent"), ("Unplug", "contain")):
        remediation.add(session, old.id, NewAction(title, kind), by=people.responder, now=START)
    actions = {one.title: one.id for one in remediation.of_case(session, old.id)}
    remediation.complete(session, actions["Close links"], "A scan", by=people.responder, now=START)
    remediation.not_needed(session, actions["Call them"], "Nobody to call", by=people.responder, now=START)

    # When a new one has the same cause
    new = a_case(session, people.responder, title="Open backup")
    assert earlier(session, new, people.responder) == []
    learnt(session, new, people.responder)

    # Then it shows the earlier one with its remedies and what was learnt
    (one,) = similar.of_case(session, new, by=people.auditor, law=the_law())
    assert (one.ref, one.shared, one.learnt.differently) == (old.ref, (("cause", "Wrong settings"),), "Check links.")
    own = [(done.title, done.state) for done in one.done if done.title in actions and done.title in {"Close links", "Expiry dates", "Call them", "Unplug"}]
    assert own == [("Close links", ActionState.DONE.value), ("Expiry dates", ActionState.OPEN.value)]
    effects = {done.title: done.effect for done in one.done}
    assert effects["Close links"] == "done; nobody has looked yet whether it works"
    assert effects["Expiry dates"] == "not done yet"
    # And once somebody looked at it, what they found, also where it was taken up again
    remediation.review(session, actions["Close links"], "not", "Two links are open again", by=people.approver, now=START)
    (after,) = similar.of_case(session, new, by=people.auditor, law=the_law())
    found = next(done for done in after.done if done.title == "Close links")
    assert (found.effect, found.state, found.tried) == ("done, and it did not work: it was taken up again", "open", True)
    # And the earlier one does not look ahead
    assert earlier(session, old, people.responder) == []


def test_the_system_comes_before_the_cause_and_the_cause_before_the_processor(session: Session, people: People) -> None:
    billing, by = entered(session, people.approver, Facts(name="Billing")), people.responder
    by_system, by_cause, by_processor, new = (a_case(session, by, title=title) for title in ("System", "Cause", "Processor", "New"))
    for case in (by_system, new):
        pick(session, case, billing, by)
    for case in (by_cause, new):
        learnt(session, case, by)
    for case, name in ((by_processor, "  HOST inc"), (new, "Host Inc")):
        facts = replace(cases.facts_of(session.get_one(Case, case.id)), processors=(name,))
        cases.edit(session, case.id, facts, version=session.get_one(Case, case.id).version, by=by, now=START, world=the_world())

    assert earlier(session, new, by) == ["System", "Cause", "Processor"]
    (_, _, last) = similar.of_case(session, new, by=by, law=the_law())
    assert last.shared == (("processor", "Host Inc"),)


def test_what_the_reader_may_not_see_and_drills_do_not_exist(session: Session, people: People) -> None:
    by = people.responder
    hidden, drill, new = a_case(session, by, title="Hidden"), a_case(session, by, title="Drill", is_drill=True), a_case(session, by, title="New")
    practice = a_case(session, by, title="Practice", is_drill=True)
    for case in (hidden, drill, new, practice):
        learnt(session, case, by)
    restrict(session, session.get_one(Case, hidden.id), people.approver, people.approver)

    assert earlier(session, new, people.responder) == []
    assert earlier(session, new, people.approver) == ["Hidden"]
    assert earlier(session, practice, people.approver) == ["New", "Drill", "Hidden"]
    with pytest.raises(Forbidden):
        similar.of_case(session, new, by=people.reporter, law=the_law())


def plan(engine: Engine, session: Session, case: Case, by: Actor) -> tuple[int, str]:
    """Return how many questions it takes, and how the database answers the one that searches."""
    asked: list[tuple[str, object]] = []

    def heard(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    session.refresh(case)
    event.listen(engine, "before_cursor_execute", heard)
    similar.of_case(session, case, by=by, law=the_law())
    event.remove(engine, "before_cursor_execute", heard)
    (search,) = [one for one in asked if "shared_0" in one[0]]
    how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{how} {search[0]}", search[1])  # type: ignore[arg-type]  # as it was sent
    return len(asked), "\n".join(str(row[-1]) for row in rows)


def test_the_search_walks_an_index_and_asks_no_more_with_ten_thousand_cases(engine: Engine, session: Session, people: People) -> None:
    # Given ten thousand earlier cases with the same cause, and a case that was looked at before them
    by, first, second = people.responder, a_case(session, people.responder, title="First"), a_case(session, people.responder, title="Second")
    for case in (first, second):
        learnt(session, case, by)
    asked_of_few, _ = plan(engine, session, second, by)
    row = {one.name: getattr(first, one.key) for one in Case.__table__.columns if one.key not in {"id", "ref", "sealed"}}
    session.execute(insert(Case), [row | {"ref": f"OLD-{number}", "filing_key": None} for number in range(10_000)])
    ids = session.scalars(select(Case.id).where(Case.ref.like("OLD-%"))).all()
    session.execute(insert(CaseTrait), [{"case_id": one, "kind": "cause", "value": "misconfiguration"} for one in ids])
    session.commit()
    new = a_case(session, by, title="New")
    learnt(session, new, by)
    session.execute(text("ANALYZE"))

    # When the newest is looked at
    asked, how = plan(engine, session, new, by)

    # Then no more is asked than of few, no table of cases is read through, and nothing is sorted
    assert asked == asked_of_few
    assert not {"SCAN case_traits", "SCAN cases", "TEMP B-TREE", "Seq Scan on case_traits", "Seq Scan on cases", "Sort"} & {
        line.split("(")[0].strip(" ->") for line in how.splitlines()}
    assert len(similar.of_case(session, new, by=by, law=the_law())) == 5
