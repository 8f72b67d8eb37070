"""The steps of the loop, in JSON: each takes the house, does what people do there, and checks what they are told."""

import base64
import hashlib
import io
from datetime import datetime, timedelta

from incident_app.tasks import papers
from tests.story.live import House, Json

PROOF = b"%PDF-1.7 receipt of the portal"
SEVERITY: Json = {
    "classes": [{"class": "sensitive", "reason": "Health words in prompts"}], "ei": "0.75", "confidentiality": "0.5",
    "integrity": "0", "availability": "0", "malicious": True, "extra": {"recipients_known": False},
}
ARTICLES = {"EU-GDPR": "Art. 33(3)", "RU-152FZ": "Art. 21(3.1)"}
VALUES: dict[str, object] = {
    "text": "See the annex.", "yesno": True, "count": {"certainty": "about", "low": 1000},
    "moment": "2026-11-20T08:00:00+00:00",
}


def file_a_breach(house: House, people_count: int, *countries: str) -> Json:
    """Log it two hours after the call; the clocks of every law run."""
    aware = house.now() - timedelta(hours=2)
    breach = {
        "title": "Conversation export open to anyone", "aware_at": aware.isoformat(), "zone": "Europe/Berlin",
        "aware_source": "SOC call", "kind": "leaked-ai-prompts", "people_data": "yes", "countries": countries,
        "people": {"certainty": "exact", "low": people_count}, "data_categories": ["account", "ai_prompts"],
    }
    refusal = house.responder("POST", "/cases", breach | {"colour": "red"}, expect=422)
    assert list(refusal["problems"]) == ["colour"]
    case = house.responder("POST", "/cases", breach, expect=201)
    authority = next(duty for duty in case["obligations"] if duty["provision"] == "Art 33(1)")
    assert datetime.fromisoformat(authority["due_at"]) == aware + timedelta(hours=72)
    assert authority["state"] == "undecided"
    return case


def tell_the_facts(house: House, case: Json) -> None:
    """Write down what is known; whoever read an older version is told so."""
    at = f"/cases/{case['ref']}"
    aware = datetime.fromisoformat(case["aware_at"])
    facts: Json = {
        "version": case["version"], "confidentiality": True, "malicious": True,
        "occurred_at": (aware - timedelta(hours=12)).isoformat(), "contained_at": (aware + timedelta(hours=1)).isoformat(),
        "cause": "A debug export was left in open storage.", "processors": ["Example Cloud"],
        "consequences": "Somebody may read what people asked the assistant.",
        "measures_taken": "The link was closed and the keys changed.", "measures_planned": "Exports will expire.",
    }
    assert house.responder("PATCH", at, facts)["version"] == case["version"] + 1
    house.responder("PATCH", at, facts, expect=409)


def decide(house: House, ref: str) -> list[Json]:
    """Score it; the approver decides that the authority and the people must be told. Returns the duties."""
    at = f"/cases/{ref}"
    scored = house.responder("POST", f"{at}/assessments", SEVERITY, expect=201)
    assert (scored["level"], scored["proposal"]["people"]) == ("very_high", True)
    for subject in ("authority", "people"):
        decision = {"subject": subject, "outcome": "required", "reason": "High risk is likely."}
        house.responder("POST", f"{at}/decisions", decision, expect=403)
        assert house.approver("POST", f"{at}/decisions", decision, expect=201)["differs"] is False
    case = house.approver("GET", at)
    assert case["state"] == "decided"
    undecided = [duty for duty in case["obligations"] if duty["state"] == "undecided"]
    return [duty for duty in case["obligations"] if duty["state"] == "owed"] + [
        decide_by_itself(house, ref, duty) for duty in undecided]


def _answers(filing: Json, *, whole: bool = False) -> Json:
    """Answer everything still open: "not yet known" where that is an answer, unless it is the ``whole`` that is told."""
    fields = {field["id"]: field for section in filing["sections"] for field in section["fields"]}
    given: Json = {}
    for gap in filing["missing"]:
        field = fields[gap["field"]]
        if gap["not_yet_known"] and not whole:
            continue
        first = field["options"][0]["id"] if field["options"] else "In words."
        value = {"choice": first, "list": [first]}.get(field["type"], VALUES.get(field["type"]))
        given[field["id"]] = {"not_yet_known": True} if field["may_wait"] and not whole else {"value": value}
    return given


def file_with_the_authority(house: House, ref: str, duty: Json) -> Json:
    """Draft, answer, have a second person approve, and record the submission with its proof."""
    responder, approver, base = house.responder, house.approver, f"/cases/{ref}/filings"
    filing = responder("POST", base, {"obligation_id": duty["id"]}, expect=201)
    at = f"{base}/{filing['number']}"
    assert ARTICLES[duty["regime"]] in " ".join(gap["words"] for gap in filing["missing"])
    for _ in range(3):  # an answer may bring a further question
        if answers := _answers(filing):
            refusal = responder("POST", f"{at}/ask-approval", {"version": filing["version"]}, expect=422)
            assert set(refusal["problems"]) == set(answers)
            filing = responder("PATCH", at, {"version": filing["version"], "answers": answers})
    responder("PATCH", at, {"version": filing["version"] - 1, "answers": {}}, expect=409)
    filing = responder("POST", f"{at}/ask-approval", {"version": filing["version"]})
    responder("POST", f"{at}/approve", {"version": filing["version"]}, expect=403)
    filing = approver("POST", f"{at}/approve", {"version": filing["version"]})
    assert filing["approved_hash"] == filing["content_hash"]

    told = _receipt(house)
    refusal = approver("POST", f"{at}/submitted", told | {"proof_base64": ""}, expect=422)
    assert list(refusal["problems"]) == ["proof"]
    told["proof_base64"] = base64.b64encode(PROOF).decode()
    filing = approver("POST", f"{at}/submitted", told)
    assert (filing["state"], filing["late_by_seconds"]) == ("submitted", None)
    approver("POST", f"{at}/submitted", told, expect=409)
    return filing


def _receipt(house: House) -> Json:
    return {"submitted_at": house.now().isoformat(), "how": "portal", "reference": "2026-88213",
            "proof_name": "receipt.pdf"}


def file_the_rest(house: House, ref: str) -> None:
    """What the first filings left open is owed (Art 33(4)) until a follow-up brings all of it."""
    rest = [duty for duty in house.approver("GET", f"/cases/{ref}")["obligations"]
            if (duty["stage"], duty["state"]) == ("follow-up", "owed")]
    assert rest
    for duty in rest:
        base = f"/cases/{ref}/filings"
        filing = house.responder("POST", base, {"obligation_id": duty["id"]}, expect=201)
        at = f"{base}/{filing['number']}"
        for _ in range(3):
            given = {"version": filing["version"], "answers": _answers(filing, whole=True)}
            filing = house.responder("PATCH", at, given)
        assert filing["complete"]
        filing = house.responder("POST", f"{at}/ask-approval", {"version": filing["version"]})
        house.approver("POST", f"{at}/approve", {"version": filing["version"]})
        told = _receipt(house) | {"proof_base64": base64.b64encode(PROOF).decode()}
        assert house.approver("POST", f"{at}/submitted", told)["state"] == "submitted"


def decide_by_itself(house: House, ref: str, duty: Json) -> Json:
    """What hangs on another fact than the risk is decided duty by duty."""
    at = f"/cases/{ref}/duties/{duty['id']}/decision"
    house.responder("POST", at, {"owed": True, "reason": "A computer incident."}, expect=403)
    house.approver("POST", at, {"owed": True, "reason": ""}, expect=422)
    return house.approver("POST", at, {"owed": True, "reason": "A computer incident."})


def tell_another_body(house: House, ref: str, duty: Json) -> None:
    """Record, with the proof, that a body which takes no filing was told."""
    at = f"/cases/{ref}/duties/{duty['id']}/done"
    told = {"at": house.now().isoformat(), "how": "portal", "reference": "K-17", "proof_name": "reply.eml"}
    house.approver("POST", at, told | {"proof_base64": "?"}, expect=422)
    told["proof_base64"] = base64.b64encode(b"We have it.").decode()
    house.responder("POST", at, told, expect=403)
    done = house.approver("POST", at, told)
    assert (done["state"], done["receipt_reference"], done["late_reason"]) == ("discharged", "K-17", "")
    house.approver("POST", at, told, expect=409)


def find_the_proof(house: House, ref: str) -> Json:
    """Print the filing; find it as approved, and its receipt, among the files; the receipt is what was put in."""
    house.responder("POST", f"/cases/{ref}/filings/1/pdf", expect=202)
    papers.make()
    assert house.responder.file(f"/cases/{ref}/filings/1/pdf").startswith(b"%PDF")
    documents = house.approver("GET", f"/cases/{ref}/documents")["documents"]
    assert {one["kind"] for one in documents} == {"pdf", "proof"}
    proof: Json = next(one for one in documents if one["name"] == "receipt.pdf")
    assert proof["sha256"] == hashlib.sha256(PROOF).hexdigest()
    assert house.approver.file(f"/cases/{ref}/documents/{proof['id']}/content") == PROOF
    return proof


def upload(house: House, ref: str, content: bytes, people_count: int) -> Json:
    """Hand the list in: one double joined, one line named and refused, nobody lost."""
    files = {"file": (io.BytesIO(content), "people.csv")}
    listed = house.responder("POST", f"/cases/{ref}/lists", data=files, expect=201)
    assert (listed["people_count"], listed["duplicate_count"], listed["refused_count"]) == (people_count, 1, 1)
    assert listed["adds_up"]
    return listed


def _translated(house: House, at: str, version: int, good: Json) -> Json:
    """Put the German text right, and say in each other language, or why it is not said, what was done in this case."""
    done = "Was wir getan haben\n"
    assert done in good["body"]
    body = good["body"].replace(done, f"{done}Der Link ist geschlossen, und die Schlüssel sind neu. ")
    mended = house.responder("PUT", f"{at}/texts/de", {"subject": good["subject"], "body": body, "version": version})
    assert house.responder("GET", f"{at}/check")["checks"]["de"]["ready"]
    for language in ("es", "fr", "ru"):
        waiver = {"language": language, "check": "untranslated", "reason": "It says no more than the sentence before.",
                  "version": mended["version"]}
        mended = house.responder("POST", f"{at}/waivers", waiver)
    return mended


def draft_a_notice(house: House, ref: str, list_id: int) -> str:
    """Draft in five languages, read what a spoilt one misses, mend it, preview. Returns the address of the notice."""
    responder = house.responder
    notice = responder("POST", f"/cases/{ref}/notices", {"list_id": list_id}, expect=201)
    at = f"/cases/{ref}/notices/{notice['number']}"
    assert sorted(notice["texts"]) == ["de", "en", "es", "fr", "ru"]
    good = notice["texts"]["de"]
    body, _, contact = good["body"].partition("Wer Ihre Fragen beantwortet")
    assert contact
    notice = responder("PUT", f"{at}/texts/de", {"subject": good["subject"], "body": body, "version": notice["version"]})
    check = responder("GET", f"{at}/check")["checks"]
    assert (check["de"]["ready"], check["en"]["ready"]) == (False, True)
    refusal = responder("POST", f"{at}/ask-approval", {"version": notice["version"]}, expect=422)
    assert list(refusal["problems"]) == ["de", "es", "fr", "ru"]
    assert "name who answers questions" in refusal["problems"]["de"]
    mended = _translated(house, at, notice["version"], good)
    responder("PUT", f"{at}/texts/de", {**good, "version": notice["version"]}, expect=409)
    seen = responder("GET", f"{at}/preview/1")
    assert (seen["language"], seen["first_channel"], seen["email"]) == ("de", "telegram", None)
    assert "Guten Tag Jürgen 1," in seen["telegram"].splitlines()
    assert "…" in seen["masked_telegram"]
    responder("POST", f"{at}/ask-approval", {"version": mended["version"]})
    return at


def approve_and_launch(house: House, notice: str, people_count: int) -> None:
    """A second person approves; whoever mistypes the number sends nothing; it is launched once."""
    house.responder("POST", f"{notice}/approve", {}, expect=403)
    house.responder("POST", f"{notice}/launch", {"typed_count": people_count}, expect=409)
    assert house.approver("POST", f"{notice}/approve", {})["list_count"] == people_count
    house.responder("POST", f"{notice}/launch", {"typed_count": people_count - 1}, expect=422)
    house.responder("POST", f"{notice}/launch", {"typed_count": str(people_count)}, expect=422)
    assert house.responder("POST", f"{notice}/launch", {"typed_count": people_count})["state"] == "sending"
    house.responder("POST", f"{notice}/launch", {"typed_count": people_count}, expect=409)


def remedy_and_close(house: House, ref: str, proof: Json) -> None:
    """Nothing closes while something is open; when all is mended it does, and stays so."""
    at = f"/cases/{ref}"
    version = house.approver("GET", at)["version"]
    closing = {"version": version, "reason": "All told, all mended."}
    refusal = house.approver("POST", f"{at}/close", closing, expect=422)
    assert {gap["kind"] for gap in refusal["gaps"]} == {"action_open", "review_missing"}
    house.responder("POST", f"{at}/actions", {"title": "Let exports expire", "kind": "prevent"}, expect=201)
    actions = house.responder("GET", f"{at}/actions")["actions"]
    for action in actions:
        done = {"proof": "Done, see the change log.", "version": action["version"], "document_id": proof["id"]}
        assert house.responder("POST", f"/actions/{action['id']}/done", done)["document_id"] == proof["id"]
    house.responder("POST", f"/actions/{actions[0]['id']}/done", {"proof": "Again."}, expect=409)
    refusal = house.approver("POST", f"{at}/close", closing, expect=422)
    assert {gap["kind"] for gap in refusal["gaps"]} == {"action_unchecked", "review_missing"}
    for action in house.responder("GET", f"{at}/actions")["actions"]:
        if action["mandatory"]:
            agreed = {"agreed": True, "version": action["version"]}
            house.responder("POST", f"/actions/{action['id']}/check", agreed, expect=403)
            house.approver("POST", f"/actions/{action['id']}/check", agreed)
    refusal = house.approver("POST", f"{at}/close", closing, expect=422)
    assert [gap["kind"] for gap in refusal["gaps"]] == ["review_missing"]
    review_by_two(house, at)
    house.responder("POST", f"{at}/close", closing, expect=403)
    house.approver("POST", f"{at}/close", closing | {"version": version - 1}, expect=409)
    assert house.approver("POST", f"{at}/close", closing)["state"] == "closed"
    house.responder("POST", f"{at}/notes", {"text": " "}, expect=422)
    house.responder("PATCH", at, {"version": version + 1, "cause": "Something else"}, expect=409)


def review_by_two(house: House, at: str) -> None:
    """Add how it is judged to what the record says; two people sign exactly that."""
    facts = house.responder("GET", f"{at}/review")["facts"]
    assert {one["outcome"] for one in facts["deadlines"]} <= {"kept", "told", "excused"}
    assert facts["reach"]["listed"] == facts["reach"]["told"] + facts["reach"]["failed"] + facts["reach"]["uncertain"]
    words = {"version": 0, "judgement": "Told in time.", "to_change": "Exports will expire."}
    written = house.responder("PUT", f"{at}/review", words)
    for person, complete in ((house.afresh("responder"), False), (house.afresh("approver"), True)):
        assert person("POST", f"{at}/review/sign", {"hash": written["hash"]})["complete"] is complete
    house.afresh("responder")("POST", f"{at}/review/sign", {"hash": written["hash"]}, expect=403)


def read_the_record(house: House, ref: str) -> set[str]:
    """Read what was done, oldest first, and have the record prove itself. Returns the kinds of act."""
    entries = house.approver("GET", f"/cases/{ref}/timeline")["entries"]
    assert entries[0]["action"] == "case.closed"
    assert [entry["seq"] for entry in entries] == sorted((entry["seq"] for entry in entries), reverse=True)
    assert "@" not in str([entry["details"] for entry in entries]), "an address stands in the record"
    house.responder("GET", "/audit/verify", expect=403)
    verdict = house.approver("GET", "/audit/verify")
    assert (verdict["complete"], verdict["entries"] >= len(entries)) == (True, True)
    return {entry["action"] for entry in entries}
