"""The API as its own document tells it: what schemathesis makes of the document is answered as the document says, or refused."""

from __future__ import annotations  # schemathesis's classes take their arguments in annotations alone

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.routing import Rule

from tests.builders import ports_for_tests
from tests.documented import path_of
from tests.fakes import FakeClock
from tests.house.full_house import FullHouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]
EXAMPLES = 3
"""Of each kind, for each operation: as the document has it, and as it must not be."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
          response_schema_conformance]
BOUNDED = settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
                   suppress_health_check=list(HealthCheck))


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullHouse]:
    """A house with everything in it, on SQLite."""
    clock = FakeClock()
    made = FullHouse(tmp_path_factory.mktemp("full"), ports_for_tests(clock), clock)
    yield made
    made.close()


class Asking:
    """Sends what schemathesis makes up to things that are there, as somebody who may, and keeps what is wrong."""

    def __init__(self, house: FullHouse) -> None:
        """Know the house and its document."""
        self.house, self.wrong, self.count = house, dict[str, str](), 0
        self.rules = {path_of(rule): rule for rule in house.app.url_map.iter_rules()}
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)

    def operations(self) -> Iterator[tuple[Rule, APIOperation[Any, Any, Any, Any]]]:
        """Yield every operation with its route."""
        for found in self.schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            yield self.rules[operation.path], operation

    def ask(self, rule: Rule, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> None:
        """Send some cases to an operation."""
        checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
        named = self.house.named(rule)
        bearer = {"Authorization": f"Bearer {self.house.token_for(rule)}"}

        @BOUNDED
        @given(case=operation.as_strategy(mode, path_parameters=named or None, headers=bearer))
        def every(case: Case[Any]) -> None:
            self.count += 1
            answer = case.call()
            try:
                # it does not know 412 for a refusal
                case.validate_response(answer, checks=CHECKS if answer.status_code == 412 else checks)
            except FailureGroup as failures:
                for one in failures.exceptions:
                    what = f"{one} {answer.status_code} {case.body!r:.200} {case.query} {answer.text[:200]}"
                    self.wrong.setdefault(f"{operation.label} {type(one).__name__}", what)
            if self.house.touched():
                self.house.put_back()

        with suppress(Unsatisfiable):  # nothing can be wrong in what takes nothing
            every()


def test_schemathesis_finds_no_server_error_and_no_answer_that_is_not_documented(house: FullHouse) -> None:
    asking = Asking(house)

    for rule, operation in asking.operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            asking.ask(rule, operation, mode)

    assert asking.count > 500
    assert asking.wrong == {}, "\n".join(f"{where}: {what}" for where, what in asking.wrong.items())


def test_another_method_is_refused_in_the_same_shape_and_says_which_there_are(house: FullHouse) -> None:
    # Given every address of the document
    client, wrong = house.app.test_client(), []
    for path, item in client.get("/api/v1/openapi.json").get_json()["paths"].items():
        there = {method.upper() for method in item} - {"PARAMETERS"}

        # When it is asked by a method that it does not have
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - there:
            rule = next(rule for rule in house.app.url_map.iter_rules() if path_of(rule) == path)
            answer = client.open(house.address(rule), method=method, headers={"Authorization": f"Bearer {house.token}"})

            # Then the answer says so in words, and names those it has
            said = answer.get_json(silent=True) or {}
            if (answer.status_code, set(said)) != (405, {"error", "problems"}) or not there <= set(answer.headers["Allow"].split(", ")):
                wrong.append((method, path, answer.status_code, answer.text[:80]))
    assert wrong == []
