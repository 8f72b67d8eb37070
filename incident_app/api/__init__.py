"""The same use cases as JSON, with an OpenAPI document."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, jsonify
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint
from marshmallow import Schema

from incident_app.api.document import PROBLEM, complete
from incident_app.api.guard import public_document
from incident_app.extensions import csrf


class Api(SmorestApi):
    """flask-smorest without its app-wide error handlers: one table answers every refusal (``web/errors.py``)."""

    ERROR_SCHEMA = PROBLEM
    DEFAULT_ERROR_RESPONSE_NAME = None  # every refusal is named (``document.py``)

    def _register_error_handlers(self) -> None:
        """Leave errors to the app."""


def blueprints() -> list[Blueprint]:
    """Return every door that answers in JSON: the ``blp`` of each module on this floor."""
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return [module.blp for module in modules if hasattr(module, "blp")]


def _schema_name(schema: type[Schema] | Schema) -> str:
    """Return a name of its own for each door's schema, and for each variant of one."""
    kind = schema if isinstance(schema, type) else type(schema)
    door = kind.__module__.rsplit(".", 1)[-1].title().replace("_", "")
    partial = "" if isinstance(schema, type) or not schema.partial else "Partial"
    return f"{door}{kind.__name__.removesuffix('Schema')}{partial}"


def init_app(app: Flask) -> None:
    """Register every door under ``/api/v1``; tokens, not cookies, open it, so no CSRF token is asked for."""
    app.config |= {
        "API_TITLE": "incident-app",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    }
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    api = Api(app, spec_kwargs={"marshmallow_plugin": plugin})
    for blueprint in blueprints():
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint)

    @cache
    def document() -> dict[str, Any]:
        return complete(api.spec.to_dict())

    @app.get("/api/v1/openapi.json")
    @public_document
    def openapi() -> Response:
        return jsonify(document())
