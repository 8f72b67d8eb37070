"""Who may take which route: the matrix of roles as it is meant, told apart from the table that the app asks."""

ROLES_OF: dict[str, str] = {
    "responder approver": """
        api_cases.awareness api_cases.edit api_cases.note api_lessons.write api_systems.pick api_systems.drop picking.change api_deliveries.ask_resend api_deliveries.launch
        api_deliveries.judge_text api_deliveries.resume api_deliveries.retry api_deliveries.words api_documents.add api_filings.ask api_filings.draft
        api_filings.save api_filings.use api_notices.ask api_notices.bind_list api_notices.draft
        api_notices.edit api_notices.plan api_obligations.record api_recipients.accept_crowd
        api_recipients.delete api_recipients.open_person api_recipients.people api_recipients.upload
        api_recipients.upload_rows api_remediation.add api_remediation.change api_remediation.done
        api_remediation.not_needed api_remediation.check api_remediation.review api_risk.assess api_suppressions.ask api_teams.choose
        api_uploads.close_upload api_uploads.discard_upload api_uploads.one_upload api_uploads.open_upload
        api_uploads.put_page cases.awareness cases.edit cases.note deliveries.judge_text deliveries.resume deliveries.retry deliveries.words
        documents.add filings.ask filings.draft filings.form filings.phase filings.save filings.use
        controllers.upload controllers.start controllers.update controllers.remind controllers.receipts
        api_controllers.upload api_controllers.update api_controllers.remind
         publishing.start publishing.save publishing.days publishing.ask publishing.withdraw publishing.drop
         notices.accept_crowd notices.ask notices.start obligations.record readers.choose
        cases.close filings.submitted closing.ask api_closing.ask review.save review.sign api_review.save api_review.sign
        recipients.delete recipients.open_person recipients.upload remediation.add remediation.work
        api_incoming.begin api_incoming.discard api_incoming.finish api_incoming.put api_incoming.show
        incoming.begin incoming.discard incoming.finish incoming.put incoming.show
        resending.ask suppressions.ask trials.send waiving.waive api_waiving.waive uploads.again uploads.columns uploads.discard uploads.encoding uploads.progress
        uploads.show waiving.withdraw api_waiving.withdraw api_notices.again_by
        api_publishing.draft api_publishing.edit api_publishing.days api_publishing.ask api_publishing.withdraw api_publishing.drop_correction
    """,
    "approver auditor": """
        api_bundles.make bundles.make bundles.show
    """,
    "responder approver auditor": """
        api_closing.gaps api_closing.every api_review.show api_review.pdf review.show review.pdf
        api_lessons.show api_lessons.versions lessons.of_case api_systems.of_case api_systems.earlier picking.of_case
        api_papers.ask api_papers.document api_papers.pdf papers.ask papers.pdf papers.plain papers.progress papers.show
        api_cases.every_case api_cases.timeline api_deliveries.lines api_deliveries.progress
        api_deliveries.story api_documents.content api_documents.every api_documents.verify api_filings.every
        api_documents.archive documents.archive
        api_controllers.receipts api_filings.one api_notices.check api_notices.known_fields api_notices.of_case
        api_notices.preview api_notices.reach api_notices.show api_notices.versions api_obligations.every api_obligations.what_if
        api_posting.show api_remediation.every_action api_remediation.of_case api_reports.case_pdf
        api_reports.export api_reports.register_pdf api_reports.statistics api_risk.every api_teams.readers
        cases.timeline deliveries.outcomes deliveries.progress deliveries.proof_lines deliveries.proof_pdf
        deliveries.show deliveries.story documents.download documents.of_case documents.verify
        filings.of_case filings.portal filings.show notices.approval notices.audience
        notices.channels notices.check notices.message notices.of_case notices.sending notices.show notices.versions
        statistics.show statistics.pdf publishing.of_case publishing.show api_publishing.of_case api_publishing.show
        controllers.of_case
        obligations.of_case obligations.what_if remediation.mine remediation.of_case reports.case_pdf
        reports.export printed.ask printed.show printed.progress printed.file retention.of_case risk.assess tour.go tour.skip
        api_register.change api_register.choose api_register.columns api_register.remove api_register.save
        api_register.views api_register.workbook register.change register.columns register.remove register.save
        reports.workbook
    """,
    "approver": """
        break_glass.show break_glass.ask break_glass.answer
        api_cases.close api_deliveries.answer_resend api_deliveries.decide api_filings.approve
        api_filings.send_back api_filings.submitted api_notices.approve api_notices.send_back
        api_obligations.decide api_obligations.done api_posting.answer api_posting.ask api_posting.corrected api_posting.dropped api_posting.handed api_posting.take
        api_retention.ask_erase api_retention.ask_lift api_retention.erase api_retention.hold
        api_retention.lift api_retention.refuse_erase api_retention.refuse_lift api_risk.confirm
        closing.answer closing.reopen api_closing.answer api_closing.reopen
        answering.close answering.submitted api_risk.decide api_risk.send_back deliveries.decide filings.approve filings.send_back
        publishing.approve publishing.send_back publishing.count
        api_publishing.approve api_publishing.send_back api_publishing.count
        notices.approve notices.send_back obligations.decide obligations.done
        posting.answer posting.ask posting.corrected posting.dropped posting.handed posting.take resending.answer retention.answer_erase retention.answer_lift
        retention.ask_erase retention.ask_lift retention.hold risk.answer risk.decide
    """,
    "responder approver oncall": """
        alerts.acknowledge alerts.acknowledge_all alerts.demo alerts.escalate alerts.take
        api_alerts.acknowledge api_alerts.acknowledge_all api_alerts.demo api_alerts.escalate api_alerts.take
        api_deliveries.cancel api_deliveries.pause deliveries.cancel deliveries.pause
        linking.begin linking.confirm linking.link linking.refuse linking.show linking.test linking.unlink
    """,
    "responder approver oncall auditor": """
        alerts.oncall alerts.show api_alerts.every_alert api_alerts.one api_recipients.ask
        api_recipients.encodings api_recipients.lists api_recipients.one_list api_suppressions.show
        calendar.make calendar.revoke recipients.ask recipients.of_case recipients.problems recipients.show
    """,
    "reporter responder approver oncall auditor admin": """
        accounts.me api_lessons.causes api_law.assess api_law.authorities api_law.deadlines api_law.regime api_law.regimes
        api_law.severity api_people.me dashboard.show factors.app factors.codes factors.passkey factors.password
        factors.remove_app factors.remove_passkey factors.show health.page health.test_here help.show
        law.authorities law.regime law.show oidc.begin oidc.confirm oidc.remove proving.by_passkey proving.prove proving.show sessions.end
        sessions.end_others sessions.show tokens.make tokens.revoke trial_mode.show unsaved.discard unsaved.keep
        unsaved.take_up
    """,
    "anybody": """
        accounts.come_in accounts.start alert_links.show bot_hook.telegram_staff calendar.feed health.alive
        health.deadlines health.metrics health.ready hooks.sendgrid oidc.back oidc.connect
        oidc.connect_by_passkey oidc.leave openapi people.accept people.invited public.check public.notice receipts.show receipts.confirm
        signing_in.by_passkey signing_in.by_password signing_in.choose signing_in.forgotten signing_in.second
        signing_in.sign_in signing_in.sign_out
    """,
    "admin": """
        api_systems.home api_systems.change_home api_systems.home_versions
        api_people.change api_people.disable api_people.enable api_people.everybody api_people.invite
        api_people.one api_people.part api_people.resend api_people.same_person api_retention.lower api_teams.change
        api_teams.every api_teams.make health.test_monitor law.organisation organisation.show people.change
        people.disable people.enable people.invite people.one people.part people.resend people.same_person people.show
        retention.lower teams.change teams.every teams.make teams.show trial_mode.answer trial_mode.ask trial_mode.turn_on
    """,
    "responder approver admin": """
        outbox.show
        api_rota.add_shift api_rota.change_shift api_rota.remove_shift api_rota.rotation rota.add_shift
        rota.change_shift rota.remove_shift rota.rotation rota.save_rotation
    """,
    "approver admin": """
        systems.add systems.retire api_systems.add api_systems.change api_systems.retire
        api_ladders.change api_law.add_clock api_law.clocks api_law.end_clock api_people.agree
        api_people.refuse api_people.requests ladders.save law.add_clock law.clocks law.end_clock
        people.agree people.refuse people.requests
    """,
    "responder approver oncall auditor admin": """
        api_ladders.every_ladder api_rota.gaps api_rota.read_rota api_rota.shifts api_rota.who ladders.show
        rota.shift rota.show
    """,
    "reporter responder approver oncall auditor": """
        api_cases.one api_reports.register cases.show reports.register
    """,
    "responder approver oncall admin": """
        health.test_way
        api_rota.cover api_rota.hand_over rota.cover rota.hand_over
    """,
    "reporter responder approver oncall": """
        api_cases.file api_remediation.every_runbook cases.file
    """,
    "responder approver auditor admin": """
        systems.every systems.show api_systems.every api_systems.show api_systems.versions
    """,
    "approver auditor admin": """
        api_audit.anchors api_audit.entries api_audit.ledger api_audit.verify api_retention.plan audit.export
        audit.show audit.verify retention.show
    """,
}

# Routes that show a page to who may read, and save it for who may work on it.
SAVED_BY: dict[str, str] = {
    "risk.assess": "responder approver",
    "lessons.of_case": "responder approver",
    "systems.show": "approver admin",
    "notices.audience": "responder approver",
    "notices.message": "responder approver",
    "notices.channels": "responder approver",
    "notices.sending": "responder approver",
}


def roles_of(endpoint: str, method: str) -> frozenset[str] | None:
    """Return the roles that may take a route by this method; ``None`` for one that the matrix does not name."""
    if method == "POST" and endpoint in SAVED_BY:
        return frozenset(SAVED_BY[endpoint].split())
    return next((frozenset(roles.split()) for roles, routes in ROLES_OF.items() if endpoint in routes.split()), None)
