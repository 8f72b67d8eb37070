"""What keeps a case open: each gap by its kind, with what it is about, in words."""

from dataclasses import replace

from incident_app.domain.closing import (
    ClosingFacts,
    Gap,
    GapKind,
    ReviewStanding,
    StillOpen,
    closing_gaps,
    hash_of,
)


def test_a_case_with_nothing_open_may_be_closed() -> None:
    assert closing_gaps(ClosingFacts()) == ()
    assert closing_gaps(ClosingFacts(review=ReviewStanding(owed=False, written=False, signed_count=0))) == ()


def test_everything_open_is_a_gap_of_its_own() -> None:
    facts = ClosingFacts(
        decided=False, undecided_duties=(("1", "AEPD (Art 33(1))"),), owed_duties=(("2", "ANPD (Art 6)"), ("3", "ICO (Art 33(1))")),
        late_without_reason=(("4", "CNIL (Art 33(1))"),), unproved_filings=(("1", "filing 1 is not marked as filed"),),
        running_sends=(("1", "notice 1"),), uneven_sums=(("2", "notice 2"),), uncertain=(("2", 2), ("3", 1)),
        open_actions=(("9", "Rotate the keys"),), unchecked_actions=(("10", "Close the store"),), due_reviews=(("11", "Alerts"),), sector_duty_count=7, review=ReviewStanding(signed_count=0, written=False),
    )

    gaps = closing_gaps(facts)

    assert {gap.kind for gap in gaps} == set(GapKind)
    assert [gap.words for gap in gaps] == [
        "Nobody has decided yet whether the authority and the people must be told.",
        "7 duties hang on what the organisation is: answer it under Law.",
        "Not decided yet, owed or not: AEPD (Art 33(1)).", "Still owed: ANPD (Art 6).", "Still owed: ICO (Art 33(1)).",
        "Told late, and the reason is not recorded: CNIL (Art 33(1)).", "Not proved: filing 1 is not marked as filed.",
        "Still being sent: notice 1.", "The sum does not add up: notice 2.", "Still to be done: Rotate the keys.",
        "Nobody else has checked it: Close the store.", "Nobody has looked yet whether it works: Alerts.",
        "2 messages may or may not have gone out (notice 2): decide what to do about it.",
        "1 message may or may not have gone out (notice 3): decide what to do about it.",
        "The review is not written and not signed.",
    ]
    assert next(gap for gap in gaps if gap.kind is GapKind.ACTION).to_json() == {
        "kind": "action_open", "subject": "9", "words": "Still to be done: Rotate the keys."}
    assert [gap.name for gap in gaps[-2:]] == ["messages_uncertain 3", "review_missing"]


def test_a_review_says_how_far_it_has_come() -> None:
    said = {
        (written, signed, voided): "".join(gap.words for gap in closing_gaps(ClosingFacts(
            review=ReviewStanding(True, written, signed, voided))))
        for written, signed, voided in ((True, 0, False), (True, 1, False), (True, 0, True), (True, 2, True))
    }

    assert said == {
        (True, 0, False): "The review is not signed: two people sign it.",
        (True, 1, False): "The review is signed by one person; a second one has to sign it.",
        (True, 0, True): "The review changed after it was signed: two people have to sign it again.",
        (True, 2, True): "",
    }


def test_who_agrees_binds_exactly_these_gaps() -> None:
    gaps = (Gap(GapKind.OWED, "2", "Still owed: ANPD."), Gap(GapKind.ACTION, "9", "Still to be done: Rotate the keys."))

    assert hash_of(gaps) == hash_of(tuple(gaps))
    others = [gaps[:1], gaps[::-1], (replace(gaps[0], subject="3"), gaps[1]), (gaps[0], replace(gaps[1], words="Still to be done."))]
    assert len({hash_of(gaps), *map(hash_of, others)}) == 5


def test_a_refusal_names_every_gap_for_people_and_programs() -> None:
    refused = StillOpen([Gap(GapKind.OWED, "2", "Still owed: ANPD."), Gap(GapKind.REVIEW, "", "The review is not signed.")])

    assert refused.reason == "This case cannot be closed yet. Still owed: ANPD. The review is not signed."
    assert refused.problems == {"gap_1": "Still owed: ANPD.", "gap_2": "The review is not signed."}
    assert [gap.kind for gap in refused.gaps] == [GapKind.OWED, GapKind.REVIEW]
