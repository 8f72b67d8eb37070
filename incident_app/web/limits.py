"""How much one person, token or address may ask for in a minute. Far above what people and scripts do; a flood stops here.

Counted in Redis where there is one, otherwise in this process; a Redis that is away stops nobody.
"""

import hashlib

from flask import Flask, request
from flask import session as cookie
from flask_limiter import Limiter

PAGES, CALLS, HOOKS = "1200/minute", "600/minute", "3000/minute"
"""For each session, each token, each address; an upload in pages has its own."""
HEAVY = "30/minute"
HEAVY_ENDPOINTS = frozenset({
    "reports.export", "printed.ask", "reports.case_pdf", "deliveries.outcomes", "deliveries.proof_pdf",
    "papers.ask", "api_papers.ask", "recipients.problems", "controllers.receipts", "api_reports.export", "api_reports.register_pdf", "api_reports.case_pdf",
    "reports.workbook", "api_register.workbook", "posting.take", "api_posting.take", "api_audit.verify",
    "documents.archive", "api_documents.archive", "bundles.make", "api_bundles.make",
})
"""What takes seconds of a processor."""
SEARCHES = frozenset({"reports.register", "api_reports.register", "recipients.ask", "api_recipients.ask"})
SEARCH = "120/minute"
PUBLIC_ENDPOINTS = frozenset({"public.check", "public.notice", "receipts.show"})
PUBLIC = "60/minute"
"""Pages for everybody: a person asks once or twice; a phone network lets many come from one address."""
GUESSABLE, GUESSES = frozenset({"receipts.confirm"}), "12/minute"
"""What an outsider may try to guess a code with: 160 random bits, and few tries a minute all the same."""
FREE = frozenset({
    "health.alive", "health.ready", "health.deadlines", "health.metrics", "static", "bootstrap.static",
    "api_uploads.put_page",
})
"""Signs of life, files without content of ours, and pages of a list: a list of millions comes in hundreds of them."""


def _whose() -> str:
    """Return who is counted: a token by its hash, a session by its person, otherwise an address."""
    token = request.headers.get("Authorization", "")
    if token and request.path.startswith("/api/"):
        return "token:" + hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:32]
    person = cookie.get("_user_id")
    return f"person:{person}" if person else f"address:{request.remote_addr}"


def _altogether() -> str:
    if request.path.startswith("/hooks/"):
        return HOOKS
    return CALLS if request.path.startswith("/api/") else PAGES


def _of_this() -> str:
    if request.endpoint in HEAVY_ENDPOINTS:
        return HEAVY
    if request.endpoint in PUBLIC_ENDPOINTS:
        return PUBLIC
    if request.endpoint in GUESSABLE:
        return GUESSES
    return SEARCH if request.endpoint in SEARCHES else _altogether()


limiter = Limiter(
    _whose, application_limits=[_altogether], default_limits=[_of_this], strategy="fixed-window",
    in_memory_fallback_enabled=True, in_memory_fallback=[PAGES], key_prefix="incident-app",
)


@limiter.request_filter
def _free() -> bool:
    return request.endpoint is None or request.endpoint in FREE


def register(app: Flask) -> None:
    """Count every request that reaches a route."""
    limiter.init_app(app)
