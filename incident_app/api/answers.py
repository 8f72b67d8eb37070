"""What every door answers, for the OpenAPI document. The tests hold every answer against it, field by field."""

from incident_app.api.shapes import (
    ANYTHING,
    DAY,
    FRACTION,
    MOMENT,
    NUMBER,
    TEXT,
    YES_NO,
    Shape,
    by_name,
    each,
    either,
    many,
    maybe,
    parts,
    shape,
)

SOME_TEXT, SOME_NUMBER, SOME_MOMENT = maybe(TEXT), maybe(NUMBER), maybe(MOMENT)
COUNT = shape("Count", "How many: exact, about, range or unknown.", certainty=TEXT, low=SOME_NUMBER, high=SOME_NUMBER)

# ------------------------------------------------------------------------------------------------------------ cases

DUTY_IN_SHORT = shape(
    "DutyInShort", "One duty of a case.", id=NUMBER, value=SOME_NUMBER, late_by_seconds=SOME_NUMBER,
    **each(TEXT, "regime provision stage recipient_type recipient anchor unit mode threshold why confidence state state_reason"),
    **each(TEXT, "receipt_reference late_reason"),
    **each(SOME_MOMENT, "anchor_at due_at legal_latest_at discharged_at"))
CASE = shape(
    "Case", "One case with its duties; moments in UTC.", people=COUNT, records=COUNT, version=NUMBER, aware_version=NUMBER,
    **each(TEXT, "ref state zone aware_source title summary kind people_data cause consequences role"),
    **each(TEXT, "measures_before measures_taken measures_planned"), is_drill=YES_NO,
    **each(SOME_MOMENT, "occurred_at first_signal_at detected_at contained_at closed_at"), aware_at=MOMENT, filed_at=MOMENT,
    **each(maybe(YES_NO), "confidentiality integrity availability malicious unintelligible"),
    **each(many(TEXT), "data_categories countries processors"),
    controllers=many(parts(name=TEXT, aware_at=SOME_MOMENT)), obligations=many(DUTY_IN_SHORT))
CASES = parts(cases=many(parts(ref=TEXT, title=TEXT, state=TEXT, aware_at=MOMENT)))
TIMELINE = parts(entries=many(parts(seq=NUMBER, at=MOMENT, by=TEXT, action=TEXT, details=by_name(ANYTHING), hash=TEXT)))
NOTE = parts(id=NUMBER, text=TEXT)

# --------------------------------------------------------------------------------------------------- review, closing

GAP = shape("Gap", "One thing that keeps a case open: by kind and id, in words, and where it is read as JSON.",
            **each(TEXT, "kind subject words link"))
_OPEN = many(parts(**each(TEXT, "kind subject words")))
CLOSING_GAPS = parts(version=NUMBER, may_be_closed=YES_NO, hash=TEXT, gaps=many(GAP))
ASKED_OVER = shape("ClosingAsked", "A request to close a case over what is open; hash is of exactly these gaps.",
                   id=TEXT, asked_by=NUMBER, asked_at=MOMENT, reason=TEXT, hash=TEXT, gaps=_OPEN)
CLOSING = shape("Closing", "One closing of a case, over what, by whom, and how it was opened again.", number=NUMBER, at=MOMENT,
                by=SOME_NUMBER, asked_by=SOME_NUMBER, gaps=_OPEN, reopened_at=SOME_MOMENT, reopened_by=SOME_NUMBER,
                **each(TEXT, "reason gaps_hash review_hash reopen_reason"))
CLOSINGS = parts(asked=maybe(ASKED_OVER), closings=many(CLOSING))
_SIGNATURE = parts(by=SOME_NUMBER, at=MOMENT, hash=TEXT, words=NUMBER, approver=YES_NO, void=SOME_TEXT)
_HOURS = maybe(FRACTION)
_DEADLINE = parts(due_at=SOME_MOMENT, told_at=SOME_MOMENT, hours=_HOURS, late_by_seconds=NUMBER,
                  **each(TEXT, "recipient recipient_type provision outcome reason"))
_DEADLINE["properties"]["undated"] = TEXT  # only where there is no date: facts that were signed stay as they were
_FACTS: dict[str, Shape] = {
    "ref": TEXT, "people": TEXT, "aware_at": MOMENT,
    "steps": many(parts(at=MOMENT, words=TEXT, who=TEXT)), "silences": many(parts(since=MOMENT, until=MOMENT, hours=FRACTION)),
    "hours": parts(**each(_HOURS, "signal_to_awareness awareness_to_filing awareness_to_first_told awareness_to_last_told")),
    "deadlines": many(_DEADLINE),
    "reach": parts(**each(NUMBER, "listed told reached failed uncertain none missing")),
    "differed": many(parts(at=MOMENT, **each(TEXT, "subject outcome proposed reason who standing"))),
    "actions": by_name(NUMBER), "open_actions": many(TEXT)}
FACTS = either(
    shape("ReviewFacts", "What the record says of a case, in the figures of the register.", **_FACTS),
    shape("ReviewFactsOfProcessor", "The same where data are processed for others, with what came of telling them.", **_FACTS,
          controllers=parts(**each(NUMBER, "listed told acknowledged"), **each(_HOURS, "awareness_to_first_told awareness_to_last_told"))))
REVIEW = shape("Review", "The review of a case: facts, words, signatures. hash is what one signs.", version=NUMBER, facts=FACTS,
               hash=TEXT, complete=YES_NO, judgement=TEXT, to_change=TEXT, signatures=many(_SIGNATURE),
               versions=many(parts(number=NUMBER, at=MOMENT, by=SOME_NUMBER, judgement=TEXT, to_change=TEXT)))

# ------------------------------------------------------------------------------------------------------ risk, duties

_SECOND = parts(by=NUMBER, at=MOMENT, confirmed=YES_NO, reason=TEXT)
ASSESSMENT = shape(
    "Assessment", "One version of the severity, with what was answered and every step of the reasoning.", number=NUMBER,
    **each(TEXT, "method dpc ei cb se level"), answers=by_name(ANYTHING), reasons=many(TEXT), by=SOME_NUMBER, at=MOMENT,
    proposal=parts(authority=maybe(YES_NO), people=maybe(YES_NO), reasons=many(TEXT)))
DECISION = shape(
    "Decision", "One decision; not telling waits for a second person.", id=NUMBER, by=SOME_NUMBER, at=MOMENT,
    proposed=maybe(YES_NO), document=SOME_TEXT, second=maybe(_SECOND),
    **each(TEXT, "subject outcome reason standing exemption proof"), **each(YES_NO, "differs needs_second waits counts"))
RISK = parts(moves=many(by_name(ANYTHING)), stale=YES_NO, assessments=many(ASSESSMENT), decisions=many(DECISION))

_TERMS = {
    **each(TEXT, "regime provision stage recipient_type recipient controller anchor unit mode threshold_id threshold"),
    **each(TEXT, "source confidence rule_version why note"), "value": SOME_NUMBER, "always": YES_NO,
    **each(SOME_MOMENT, "anchor_at due_at legal_latest_at target_at"),
}
_STATE = {
    **each(TEXT, "state state_reason receipt_reference discharged_how late_reason public_reason"),
    **each(NUMBER, "id version"), "raised_at": MOMENT,
    **each(SOME_MOMENT, "discharged_at superseded_at"), **each(SOME_NUMBER, "late_by_seconds superseded_by_id"),
}
TERMS = shape("DutyTerms", "A duty as the law has it.", **_TERMS)
DUTY = shape("Duty", "One version of a duty with its terms and its state.", **_TERMS, **_STATE)
RECORDED_MOMENT = shape("RecordedMoment", "When a clock of its own started.", id=NUMBER, anchor=TEXT, at=MOMENT, reason=TEXT,
                        by_id=SOME_NUMBER, recorded_at=MOMENT)
_SHOWN = shape(
    "DutyShown", "A duty with its earlier versions.", **_TERMS, **_STATE, law=TEXT, leads=YES_NO, hangs_on_sector=YES_NO,
    disputed_two_working_days=maybe(parts(touched_at=MOMENT, whole_at=MOMENT)), earlier_versions=many(DUTY))
_NOT_OWED = parts(**each(TEXT, "regime name provision recipient why source confidence"))
DUTIES = parts(duties=many(_SHOWN), records=many(DUTY), no_longer_apply=many(DUTY), not_owed=many(_NOT_OWED),
               moments=many(RECORDED_MOMENT))
WHAT_IF = parts(duties=many(parts(now=maybe(TERMS), then=maybe(TERMS), moved_seconds=SOME_NUMBER)),
                proposals=many(parts(id=TEXT, name=TEXT)))

# ---------------------------------------------------------------------------------------------------------- filings

_QUESTION = shape(
    "FilingQuestion", "One question of the authority's form, with its answer in the shape of the field.",
    **each(TEXT, "id label type article edpb source words"), **each(YES_NO, "required may_wait not_yet_known to_check"),
    traps=many(TEXT), options=many(parts(id=TEXT, label=TEXT)), **each(ANYTHING, "value was case_says"))
FILING = shape(
    "Filing", "One filing with every question asked now, and what Art 33(3) GDPR still misses.",
    answer_anew=many(TEXT), **each(TEXT, "id recipient phase state form_id form_version language how reference late_reason sent_back_reason"),
    **each(NUMBER, "number version obligation_id"), **each(SOME_TEXT, "content_hash approved_hash"), late_by_seconds=SOME_NUMBER,
    **each(YES_NO, "late complete"), **each(SOME_MOMENT, "submitted_at approved_at due_at"),
    missing=many(parts(field=TEXT, words=TEXT, not_yet_known=YES_NO)),
    sections=many(parts(id=TEXT, title=TEXT, fields=many(_QUESTION))))
FILINGS = parts(filings=many(FILING))
PAPER = shape("Paper", "How far the PDF of a filing is: waiting, making, made or failed.", **each(TEXT, "state reason"),
              version=NUMBER, content_hash=SOME_TEXT, draft=YES_NO, **each(SOME_MOMENT, "asked_at made_at"))
FILED_DOCUMENT = by_name(ANYTHING)
"""Described by its own schema, whose address stands in it."""

# ------------------------------------------------------------------------------------------------- notices and sends

_WORDS = parts(subject=TEXT, body=TEXT)
_PART = parts(**each(TEXT, "part title article words"), ok=YES_NO, required=YES_NO)
_FINDING = parts(**each(TEXT, "check weight words"), across=YES_NO)
_CHECK = parts(language=TEXT, parts=many(_PART), problems=many(TEXT), hints=many(TEXT), findings=many(_FINDING),
               waivers=many(parts(**each(TEXT, "check binding reason by"))), length=NUMBER, level=TEXT, ready=YES_NO)
NOTICE = shape(
    "Notice", "One notice; moments in UTC.", **each(NUMBER, "number list_id version"), **each(TEXT, "state state_reason kind"),
    is_reminder=YES_NO, texts=by_name(_WORDS), plan=by_name(ANYTHING), fallback_language=TEXT, **each(SOME_TEXT, "content_hash list_digest"),
    list_count=SOME_NUMBER, **each(SOME_MOMENT, "made_at edited_at launched_at finished_at"), again_by=maybe(DAY))
NOTICES = parts(notices=many(NOTICE))
PUBLIC_NOTICE = shape(
    "PublicNotice", "One public notice; days where the organisation is, moments in UTC.", **each(NUMBER, "number version"),
    **each(TEXT, "state state_reason address content_hash"), texts=by_name(_WORDS), problems=by_name(many(TEXT)),
    **each(DAY, "first_day last_day"), shown=YES_NO, **each(MOMENT, "made_at edited_at"))
PUBLIC_NOTICES = parts(public_notices=many(PUBLIC_NOTICE))
NOTICE_FIELDS = parts(fields=by_name(TEXT), controller_fields=by_name(TEXT), languages=many(TEXT))
CONTROLLER_LIST = parts(**each(NUMBER, "id number controllers"), **each(TEXT, "name digest"), **each(many(TEXT), "not_named_in_case no_line_for"))
CONTROLLER_RECEIPTS = parts(receipts=many(parts(
    **each(TEXT, "controller organisation contract state reason by"), through_notice=SOME_NUMBER,
    **each(SOME_MOMENT, "sent_at delivered_at acknowledged_at"))))
CHECKS = parts(checks=by_name(_CHECK), told_before=many(TEXT))
PREVIEW = parts(**each(TEXT, "person language subject"), email=maybe(parts(subject=TEXT, text=TEXT, html=TEXT)),
                **each(SOME_TEXT, "first_channel telegram masked_email masked_telegram"), post=YES_NO)
REACH = parts(first=by_name(NUMBER), none=NUMBER, withheld=NUMBER)
STOPPED = shape("Stopped", "Where a send stands.", number=NUMBER, state=TEXT, state_reason=TEXT, text_withdrawn=YES_NO)
AGAIN, DECIDED = parts(again=NUMBER), parts(decided=NUMBER)
RESEND = parts(id=TEXT, state=TEXT, people=NUMBER)
_SHARES = many(parts(name=TEXT, accepted=NUMBER, total=NUMBER))
PROGRESS = shape(
    "Progress", "The sum: total = accepted + failed + uncertain + waiting + cancelled; and the reasons. seconds_left counts what a "
                "provider asked to wait and whom a worker has in hand that does not answer; waits_until is when the last wait is over, "
                "where that takes longer than the sending or a provider holds a channel. Letters take time nobody knows.",
    **each(TEXT, "state state_reason"), **each(NUMBER, "total accepted failed uncertain waiting cancelled missing delivered"),
    **each(NUMBER, "resent undecided letters"), waits_until=SOME_MOMENT, **each(YES_NO, "adds_up finished"), percent=FRACTION, seconds_left=SOME_NUMBER,
    reasons=many(parts(reason=TEXT, people=NUMBER)), by_channel=_SHARES, by_language=_SHARES, by_country=_SHARES,
    over_time=many(parts(**{"from": MOMENT, "accepted": NUMBER})), launched_at=SOME_MOMENT, finished_at=SOME_MOMENT,
    proofs=many(parts(number=NUMBER, at=MOMENT, digest=TEXT, counts=by_name(ANYTHING))))
DELIVERIES = parts(deliveries=many(parts(
    number=NUMBER, **each(TEXT, "label language country state bucket reason"), last_at=SOME_MOMENT,
    hops=many(parts(channel=TEXT, state=TEXT, round=NUMBER)))))
SAVED_TEXTS = parts(versions=many(parts(number=NUMBER, at=MOMENT, by_id=SOME_NUMBER, subject=TEXT, body=TEXT,
                                        changes=many(parts(removed=many(TEXT), added=many(TEXT))))))
WORDS = parts(language=TEXT, as_approved=YES_NO,
              copies=many(parts(at=SOME_MOMENT, certain=YES_NO, **each(TEXT, "channel subject text"))))
STORY = parts(steps=many(parts(at=MOMENT, **each(TEXT, "channel what reason reference"))))

# ----------------------------------------------------------------------------------------------------- lists of people

_PROBLEM = parts(line=SOME_NUMBER, column=TEXT, words=TEXT, refused=YES_NO)
LIST = shape(
    "List", "A list without its people; line_count is the sum of the four counts of lines.",
    **each(NUMBER, "id number people_count line_count other_count refused_count duplicate_count telegram_count email_count"),
    **each(NUMBER, "post_count problem_count"), **each(TEXT, "name encoding digest"), columns=by_name(TEXT), ignored=many(TEXT),
    **each(by_name(NUMBER), "languages countries"), problems=many(_PROBLEM), at=MOMENT, adds_up=YES_NO, erased_at=SOME_MOMENT)
LISTS = parts(lists=many(LIST))
ENCODINGS = parts(encodings=by_name(TEXT))
MASKED = parts(people=many(parts(number=NUMBER, line=NUMBER, post=YES_NO,
                                 **each(TEXT, "label name email telegram language country"))))
CONTACT = parts(name=TEXT, email=SOME_TEXT, telegram_id=SOME_TEXT, data=many(TEXT), postal=SOME_TEXT)
_TOLD = parts(notice=NUMBER, channel=TEXT, state=TEXT, at=SOME_MOMENT)
ASKED_FOR = parts(found=many(parts(list=NUMBER, person=TEXT, told=many(_TOLD))))
UPLOAD = shape("Upload", "How far an upload is; list is there once state is ready.", **each(NUMBER, "id size percent pages"),
               lines_read=NUMBER, list=SOME_NUMBER, **each(TEXT, "name state reason"), problems=by_name(ANYTHING))

# ------------------------------------------------------------------------------------------------ alerts, rota, ladders

_ALERT = {
    "id": NUMBER, **each(TEXT, "kind words state threshold note"), "case": SOME_TEXT, "raised_at": SOME_MOMENT,
    **each(SOME_MOMENT, "deadline_at acknowledged_at expires_at"), "superseded_by": SOME_NUMBER, "acknowledged_by": SOME_TEXT,
}
ALERT = shape("Alert", "One alert.", **_ALERT)
ALERTS = parts(running=many(ALERT), over=many(ALERT))
_PAGED = parts(round=NUMBER, step=NUMBER, **each(TEXT, "name channel state reason"), due_at=SOME_MOMENT, accepted_at=SOME_MOMENT,
               tries=many(ANYTHING))
ALERT_STORY = shape("AlertStory", "One alert with everybody who was paged, how, and why a way was skipped.", **_ALERT,
                    head=TEXT, critical=YES_NO, paged=many(_PAGED), next=maybe(parts(name=TEXT, at=MOMENT)))
ACKNOWLEDGED = parts(acknowledged=NUMBER)
_GAPS = many(parts(**{"from": MOMENT, "to": MOMENT}))
_STRETCH = {"starts_at": MOMENT, "ends_at": MOMENT}
SHIFT = shape("Shift", "Who is on call from when to when.", id=NUMBER, user_id=NUMBER, name=TEXT, version=NUMBER,
              covers=SOME_TEXT, covers_id=SOME_NUMBER, **_STRETCH)
ROTA = parts(on_call=SOME_TEXT, next=maybe(parts(name=TEXT, at=MOMENT)), shifts=many(SHIFT), gaps=_GAPS)
ON_CALL = parts(at=MOMENT, on_call=maybe(parts(user_id=NUMBER, name=TEXT, shift_id=NUMBER, **_STRETCH)))
SHIFTS, GAPS = parts(shifts=many(SHIFT)), parts(gaps=_GAPS)
ROTATION = parts(turns=many(parts(user_id=NUMBER, name=TEXT, note=TEXT, **_STRETCH)), saved=YES_NO,
                 **each(NUMBER, "shifts_replaced shifts_cut covers"))
LADDER = shape(
    "Ladder", "A ladder, and whom it would wake when if it started now.", **each(TEXT, "kind name"), own=YES_NO,
    **each(NUMBER, "version overdue_hours ack_minutes next_channel_minutes repeat_minutes"), hours_left=many(NUMBER),
    steps=many(parts(after_minutes=NUMBER, who=TEXT, ways=TEXT)),
    if_it_started_now=many(parts(step=NUMBER, at=MOMENT, names=many(TEXT))))
LADDERS = parts(ladders=many(LADDER))

# ------------------------------------------------------------------------------------- documents, reports, remediation

DOCUMENT = shape("Document", "What is known of a file, without its content.", **each(TEXT, "id kind name media_type sha256"),
                 **each(TEXT, "scan scan_words"), size=NUMBER, at=MOMENT, erased_at=SOME_MOMENT)
INCOMING = shape("IncomingFile", "How far a file is that comes by parts; last is the SHA-256 of the last part that is there.",
                 **each(TEXT, "id name state last"), **each(NUMBER, "size received"))
DOCUMENTS = parts(documents=many(DOCUMENT))
VERIFIED = parts(matches=YES_NO, outcome=TEXT, words=TEXT)
_ROW = shape(
    "RegisterRow", "One breach in the register.", **each(TEXT, "ref title zone people people_sub severity owner next_words"),
    **each(TEXT, "state authority"), **each(YES_NO, "drill closed overdue to_decide running"),
    aware_at=MOMENT, next_due_at=SOME_MOMENT, columns=by_name(ANYTHING))
REGISTER = parts(counts=by_name(NUMBER), total=NUMBER, rows=many(_ROW), next=SOME_TEXT)
CHOSEN_COLUMNS = parts(columns=many(TEXT))
COLUMNS = parts(columns=many(TEXT), choices=by_name(TEXT))
REGISTER_VIEW = shape("RegisterView", "A saved way to look at the register.", **each(TEXT, "id name filter"),
                      **each(YES_NO, "shared own"), filters=by_name(TEXT), columns=many(TEXT), version=NUMBER, changed_at=MOMENT)
REGISTER_VIEWS = parts(views=many(REGISTER_VIEW))
STATISTICS = parts(
    **each(NUMBER, "year breach_count public"), **each(SOME_NUMBER, "told reached"),
    **each(many(parts(name=TEXT, count=NUMBER)), "by_cause by_kind by_system by_data effects"),
    people=parts(**each(NUMBER, "low high known unknown"), estimated=YES_NO, words=TEXT),
    drills=parts(count=NUMBER, last_at=SOME_MOMENT),
    shares=many(parts(who=TEXT, **each(NUMBER, "on_time late missed"), percent=SOME_NUMBER)),
    filings=many(parts(**each(TEXT, "ref law"), **each(FRACTION, "hours late_hours"), term_hours=maybe(FRACTION), late=YES_NO)))
_DEED = parts(**each(TEXT, "what outcome words link sha256"), by_id=SOME_NUMBER, at=MOMENT)
ACTION = shape(
    "Action", "One thing to do, with its proof or why it was not needed.", **each(NUMBER, "id version review_days"),
    **each(YES_NO, "overdue mandatory waiting"), **each(TEXT, "case title kind role state proof_asked proof link works"),
    **each(TEXT, "not_needed_reason runbook runbook_version"), waits_for=many(NUMBER), due_hours=maybe(FRACTION),
    owner_id=SOME_NUMBER, owner=SOME_TEXT, document_id=SOME_TEXT, checked_by_id=SOME_NUMBER,
    **each(SOME_MOMENT, "due_at ended_at check_due_at checked_at review_due_at"), deeds=many(_DEED))
ACTIONS = parts(actions=many(ACTION), next=SOME_NUMBER)
RUNBOOKS = parts(runbooks=many(parts(kind=TEXT, title=TEXT, version=TEXT, steps=NUMBER)))

# ---------------------------------------------------------------------------------------------- lessons, systems, profile

LESSONS = shape(
    "Lessons", "One version of cause and lessons; caused_by is who caused it, as authorities ask.", version=NUMBER,
    **each(TEXT, "cause cause_label cause_words went_well differently"), **each(many(TEXT), "factors whys"),
    caused_by=SOME_TEXT, by=SOME_NUMBER, at=SOME_MOMENT)
LESSONS_VERSIONS = parts(versions=many(LESSONS))
CAUSES = parts(causes=many(parts(**each(TEXT, "id family label words caused_by on_purpose"))),
               factors=many(parts(id=TEXT, label=TEXT)))
_FACTS = {**each(TEXT, "name description place purposes transfers retention list_source"),
          **each(many(TEXT), "data_categories people_kinds processors")}
SYSTEM = shape("System", "What is known of a system now.", **_FACTS, id=NUMBER, version=NUMBER, retired=YES_NO)
SYSTEMS = parts(systems=many(SYSTEM))
PROFILE_VERSIONS = parts(versions=many(shape(
    "ProfileVersion", "One change of the profile: everything before and after; before is null where it began.", version=NUMBER,
    by=SOME_NUMBER, at=MOMENT, before=maybe(by_name(ANYTHING)), after=by_name(ANYTHING))))
PICKED = parts(
    **each(many(TEXT), "data_categories processors"),
    systems=many(shape("PickedSystem", "A system of a case in the version it was given.", **each(NUMBER, "system version newest"),
                       facts=parts(**_FACTS), by=SOME_NUMBER, at=MOMENT, **each(by_name(many(TEXT)), "filled offered"))))
SIMILAR = parts(earlier=many(shape(
    "SimilarCase", "An earlier case that shares something with this one.", **each(TEXT, "ref title state cause differently"),
    aware_at=MOMENT, shared=many(parts(kind=TEXT, words=TEXT)), done=many(parts(**each(TEXT, "title state effect"), tried=YES_NO)))))
ORGANISATION = shape(
    "Organisation", "The details of the organisation.", version=NUMBER, **each(YES_NO, "eu_establishment covered_entity"), controllers=many(TEXT),
    **each(TEXT, "name country zone legal_name service_name address subdivision dpo_name dpo_email dpo_phone website"),
    contacts=many(parts(**each(TEXT, "role name email phone"))), establishments=many(parts(country=TEXT, name=TEXT)))

# -------------------------------------------------------------------------------------------------------- law, record

_RULE = shape(
    "Rule", "One duty of a law as it stands in its file, and whether it is law now.",
    **each(TEXT, "provision stage recipient_type recipient anchor unit mode threshold threshold_words binds status source"),
    **each(TEXT, "confidence note follows cap_of people_test data_test replaces citation"), data_kinds=many(TEXT),
    **each(SOME_NUMBER, "value target_hours min_people max_people"), **each(YES_NO, "hour_rule supervisory is_law_now"),
    in_force_from=maybe(DAY), in_force_to=maybe(DAY))
REGIME = shape(
    "Regime", "One law's breach rules.", **each(TEXT, "id name instrument jurisdiction replaces"), zone=SOME_TEXT,
    **each(many(TEXT), "countries links but_not sectors"), one_stop_shop=YES_NO, rules=many(_RULE))
REGIMES = parts(version=TEXT, regimes=many(REGIME))
AUTHORITIES = parts(authorities=many(shape(
    "Authority", "An entry of the directory.", subdivision=SOME_TEXT, languages=many(TEXT),
    **each(TEXT, "id name short_name country portal website confidence phone hours watch_for"))))
CLOCK = shape(
    "Clock", "A clock of the organisation's own.", id=NUMBER, value=NUMBER, made_at=MOMENT, ended_at=SOME_MOMENT,
    **each(TEXT, "name recipient anchor unit source note"), made_by_id=SOME_NUMBER, ended_by_id=SOME_NUMBER)
CLOCKS = parts(clocks=many(CLOCK))
_OWED = parts(**each(TEXT, "regime provision stage recipient_type recipient anchor mode"),
              **each(SOME_TEXT, "due_at legal_latest_at"))
DEADLINES = parts(id=ANYTHING, obligations=many(_OWED))
SEVERITY = parts(id=ANYTHING, **each(TEXT, "dpc ei cb se level"), reasons=many(TEXT))
OUTCOME = parts(id=ANYTHING, record=YES_NO, notify_authority=maybe(YES_NO), tell_people=maybe(YES_NO), reasons=many(TEXT))
VERDICT = parts(complete=YES_NO, entries=NUMBER, hash=TEXT, broken_at=SOME_NUMBER, words=TEXT, anchors=NUMBER,
                anchor=maybe(parts(entry=NUMBER, where=TEXT, at=SOME_MOMENT)))
ENTRIES = parts(older=SOME_NUMBER, entries=many(parts(
    seq=NUMBER, account=SOME_NUMBER, at=MOMENT, **each(TEXT, "who action words detail case about hash"))))
ANCHORS = parts(anchors=many(parts(entry=NUMBER, at=MOMENT, **each(TEXT, "hash place words"))))
LEDGER = parts(complete=YES_NO, rows=NUMBER, words=TEXT)

# ------------------------------------------------------------------------------------------- people, teams, retention

_USER = {"id": NUMBER, "person": NUMBER, "version": NUMBER, "active": YES_NO, "roles": many(TEXT),
         **each(TEXT, "email name zone")}
USER = shape("User", "One account.", **_USER)
USER_CHANGED = shape("UserChanged", "One account; request is what waits for a second person.", **_USER, request=SOME_TEXT)
INVITED = shape("Invited", "Who was invited; the link is shown this once.", **_USER, request=SOME_TEXT, link=SOME_TEXT)
INVITED_AGAIN = shape("InvitedAgain", "Who was invited again; the link is shown this once.", **_USER, link=SOME_TEXT)
PERSON = shape(
    "Person", "One account with where it stands.", **_USER, state=TEXT, waits_for_second_person=either(YES_NO, TEXT),
    invitation_expires_at=SOME_MOMENT, same_person_as=many(NUMBER), uncovered_shifts=many(parts(id=NUMBER, **_STRETCH)))
PEOPLE = parts(people=many(PERSON))
ME = parts(id=NUMBER, **each(TEXT, "email name zone"), roles=many(TEXT), may=many(TEXT), token=parts(
    name=TEXT, hint=TEXT, expires_at=MOMENT, last_used_at=SOME_MOMENT, all_of_the_owner=YES_NO))
REQUESTS = parts(requests=many(parts(
    id=TEXT, account=USER, roles=many(TEXT), then=SOME_TEXT, reason=TEXT, asked_by=TEXT, asked_at=MOMENT, why_not=SOME_TEXT)))
ANSWERED = parts(id=TEXT, state=TEXT)
_TEAM = {"id": NUMBER, "name": TEXT, "version": NUMBER, "members": many(NUMBER)}
TEAM = shape("Team", "A team and the ids of who is in it.", **_TEAM)
TEAMS = parts(teams=many(parts(**_TEAM, cases=NUMBER)))
READERS = shape("Readers", "Who sees a case.", team=SOME_NUMBER, team_name=SOME_TEXT, restricted=YES_NO, readers=many(NUMBER),
                taken_by=SOME_TEXT, version=NUMBER)
READERS_CHOSEN = either(READERS, parts(team=SOME_NUMBER))
PERIODS = parts(version=NUMBER, periods=by_name(NUMBER))
RETENTION = parts(version=NUMBER, periods=by_name(NUMBER), going=maybe(many(parts(
    case=TEXT, what=TEXT, count=NUMBER, at=SOME_MOMENT, why=TEXT, held=YES_NO, due=YES_NO))))
HOLD = parts(reason=TEXT, set_at=MOMENT, lifted_at=SOME_MOMENT)
PROPOSAL = shape("Proposal", "What waits for a second person.", id=TEXT, reason=TEXT, asked_at=MOMENT, state=TEXT,
                 facts=by_name(ANYTHING))
ERASED = parts(lists=NUMBER, people=NUMBER)
