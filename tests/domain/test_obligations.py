"""Who must be told, by when, and why."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import ControllerRole, PeopleData
from incident_app.domain.obligations import Duty, arising
from incident_app.domain.regimes import CaseFacts, Law, Mode, Sent, Threshold, Unit
from tests.domain.laws import a_regime, a_rule, an_authority, law_of
from tests.fakes import FakeCalendar

AWARE = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
ON = date(2026, 11, 20)
EU = a_regime("EU", ("ES", "DE", "FR"), one_stop_shop=True, rules=(
    a_rule(hour_rule=True),
    a_rule(provision="Art 33(4)", stage="follow-up", anchor="initial_sent", follows="initial",
           threshold=Threshold.STILL_MISSING,
           value=None, unit=Unit.NONE, mode=Mode.UNDUE_DELAY),
    a_rule(provision="Art 34(1)", stage="notice", recipient_type="data_subjects", recipient="affected people",
           threshold=Threshold.HIGH_RISK, value=None, unit=Unit.NONE, mode=Mode.UNDUE_DELAY),
    a_rule(provision="Art 33(2)", stage="notice", recipient_type="controller", recipient="the controller",
           anchor="processor_aware", binds=ControllerRole.PROCESSOR, threshold=Threshold.ALWAYS, value=None,
           unit=Unit.NONE, mode=Mode.UNDUE_DELAY),
    a_rule(provision="Art 33(5)", stage="record", recipient_type="register", recipient="internal register",
           threshold=Threshold.ALWAYS, value=None, unit=Unit.NONE, mode=Mode.NONE),
))
BR = a_regime("BR", ("BR",), zone="America/Sao_Paulo", rules=(
    a_rule(provision="Art 6", anchor="knows_personal_data_affected", value=3, unit=Unit.BUSINESS_DAYS,
           mode=Mode.BUSINESS_DAYS, threshold=Threshold.HARM),
    a_rule(provision="-", recipient_type="data_subjects", threshold=Threshold.NEVER, anchor="none", value=None,
           unit=Unit.NONE, mode=Mode.NONE),
))
LAW = law_of(EU, BR, authorities=(
    an_authority("ES"), an_authority("DE"), an_authority("DE", "BE"), an_authority("BR")))
FACTS = CaseFacts("ES", "Europe/Madrid", AWARE)


def duties(facts: CaseFacts = FACTS, law: Law = LAW) -> dict[str, Duty]:
    return {f"{duty.regime} {duty.provision} {duty.recipient}": duty
            for duty in arising(law, facts, FakeCalendar(), ON)}


def test_a_controller_owes_the_lead_authority_the_people_and_the_register() -> None:
    found = duties()

    assert list(found) == ["EU Art 33(1) ES authority", "EU Art 34(1) affected people",
                           "EU Art 33(5) internal register"]
    authority = found["EU Art 33(1) ES authority"]
    assert authority.due_at == AWARE + timedelta(hours=72)
    assert authority.legal_latest_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert authority.why == ("EU law: the controller is at home in ES. Lead authority of ES, where the main "
                             "establishment is. Owed: threshold: risk.")
    assert not authority.always
    assert found["EU Art 34(1) affected people"].due_at is None
    assert found["EU Art 33(5) internal register"].always


def test_a_processor_owes_the_controller_and_nobody_else() -> None:
    found = duties(replace(FACTS, role=ControllerRole.PROCESSOR))

    assert list(found) == ["EU Art 33(2) the controller"]
    assert found["EU Art 33(2) the controller"].anchor_at == AWARE


def test_the_lead_authority_is_that_of_the_region_of_the_seat() -> None:
    found = duties(replace(FACTS, home_country="DE", subdivision="BE"))

    assert "EU Art 33(1) DE-BE authority" in found


def test_without_an_establishment_every_authority_where_people_live_is_told() -> None:
    found = duties(replace(FACTS, home_country="US", zone="America/New_York", people_countries=("DE", "FR", "US")))

    assert [key for key in found if "33(1)" in key] == ["EU Art 33(1) DE authority", "EU Art 33(1) authority of FR"]
    assert "authority of every country" in found["EU Art 33(1) DE authority"].why


def test_a_home_without_establishment_gives_no_lead_authority() -> None:
    found = duties(replace(FACTS, eu_establishment=False, people_countries=("DE",)))

    assert [key for key in found if "33(1)" in key] == ["EU Art 33(1) DE authority"]


def test_people_of_unknown_countries_do_not_take_the_duty_away() -> None:
    found = duties(replace(FACTS, eu_establishment=False))

    assert "not known yet" in found["EU Art 33(1) the authority"].why


def test_a_country_whose_authority_is_not_on_file_keeps_its_duty() -> None:
    found = duties(replace(FACTS, home_country="FR"))

    assert "EU Art 33(1) the authority" in found


def test_people_abroad_bring_their_law_with_its_own_working_days_and_midnight() -> None:
    found = duties(replace(FACTS, people_countries=("BR",)))

    brazil = found["BR Art 6 BR authority"]
    assert brazil.due_at == datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert brazil.legal_latest_at is None
    assert "Counted from awareness" in brazil.why
    assert not [key for key in found if key.startswith("BR -")]


def test_a_law_at_home_counts_in_the_zone_of_the_case() -> None:
    found = duties(replace(FACTS, home_country="BR", zone="America/Manaus"))

    assert found["BR Art 6 BR authority"].due_at == datetime(2026, 11, 26, 4, tzinfo=UTC)


def test_a_law_without_a_zone_of_its_own_counts_in_the_zone_of_the_case() -> None:
    law = law_of(replace(BR, zone=None), authorities=LAW.authorities)

    found = duties(replace(FACTS, people_countries=("BR",)), law)

    assert found["BR Art 6 BR authority"].due_at == datetime(2026, 11, 25, 23, tzinfo=UTC)


def test_a_later_stage_arises_once_the_earlier_one_was_sent_unless_nothing_is_missing() -> None:
    def sent(*complete: bool | None) -> CaseFacts:
        return replace(FACTS, sent=tuple(
            Sent("EU", "initial", "ES authority", AWARE + timedelta(hours=20 + hour), one)
            for hour, one in enumerate(complete)))

    assert "EU Art 33(4) ES authority" not in duties()
    assert duties(sent(None))["EU Art 33(4) ES authority"].anchor_at == AWARE + timedelta(hours=20)
    assert "EU Art 33(4) ES authority" in duties(sent(False))
    assert "EU Art 33(4) ES authority" not in duties(sent(True))
    assert "EU Art 33(4) ES authority" not in duties(sent(False, True))


def test_without_data_of_people_there_is_no_duty() -> None:
    assert duties(replace(FACTS, people_data=PeopleData.NO)) == {}


def test_a_duty_waits_where_nothing_started_its_clock() -> None:
    found = duties(replace(FACTS, aware_at=None, people_countries=("BR",)))

    assert found["BR Art 6 BR authority"].anchor_at is None
    assert found["BR Art 6 BR authority"].due_at is None
    assert found["BR Art 6 BR authority"].why == "BR law: affected people live in BR. Owed: threshold: harm."


def test_a_duty_keeps_its_terms_for_the_record() -> None:
    duty = next(iter(duties().values()))

    terms = duty.terms()

    assert set(terms) == {one.name for one in fields(Duty)} - {"maybe"}
    assert terms["rule_version"] == "test-version"
    assert terms["value"] == 72
    assert (terms["unit"], terms["mode"]) == ("hours", "elapsed")


COUNTRIES = st.lists(st.sampled_from(["ES", "DE", "FR", "BR", "US"]), max_size=4).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["ES", "DE", "BR", "US"]), COUNTRIES, COUNTRIES, st.booleans())
def test_more_people_in_more_countries_never_take_a_duty_away(
    home: str, some: tuple[str, ...], more: tuple[str, ...], established: bool,
) -> None:
    facts = replace(FACTS, home_country=home, eu_establishment=established)
    known = {(d.regime, d.provision) for d in duties(replace(facts, people_countries=some)).values()}
    wider = {(d.regime, d.provision) for d in duties(replace(facts, people_countries=some + more)).values()}

    assert known <= wider


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(PeopleData)), st.sampled_from([None, True, False]))
def test_what_is_not_known_never_hides_a_duty(people_data: PeopleData, complete: bool | None) -> None:
    first = Sent("EU", "initial", "ES authority", AWARE, complete)
    known = duties(replace(FACTS, people_data=people_data, sent=(first,)))
    unknown = duties(replace(FACTS, people_data=PeopleData.UNSURE, sent=(replace(first, complete=None),)))

    assert set(known) <= set(unknown)
