"""Pages: read the form, call one service, show the answer."""

import pkgutil
from importlib import import_module

from flask import Blueprint, Flask, current_app
from flask_bootstrap import Bootstrap5
from flask_login import current_user

from incident_app.domain.accounts import Permission, may
from incident_app.web import (
    errors,
    filters,
    keeping,
    limits,
    plain_input,
    rail,
    sending,
    shut,
    submitting,
    unsaved,
)
from incident_app.wiring import now


def blueprints() -> list[Blueprint]:
    """Return every door that has pages: the ``bp`` of each module on this floor."""
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return [module.bp for module in modules if hasattr(module, "bp")]


def _globals() -> dict[str, object]:
    signed_in = bool(current_user and current_user.is_authenticated)
    actor = current_user.actor if signed_in else None
    return {
        "now": now(),
        "actor": actor,
        "may": lambda permission: actor is not None and may(actor, Permission(permission)),
        "mode": sending.mode(),
        "has_page": lambda endpoint: endpoint in current_app.view_functions,
    }


def init_app(app: Flask) -> None:
    """Register pages, filters and the table of refusals."""
    Bootstrap5(app)
    filters.register(app)
    errors.register(app)
    submitting.register(app)
    unsaved.register(app)
    keeping.register(app)
    limits.register(app)
    plain_input.register(app)
    shut.register(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    app.context_processor(_globals)
    app.context_processor(rail.context)
