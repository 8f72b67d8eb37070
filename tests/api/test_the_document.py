"""The OpenAPI document and the API are one: schemathesis asks every endpoint what the document promises."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from tests.builders import ports_for_tests
from tests.fakes import FakeClock
from tests.house.full_house import FullHouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]
EXAMPLES = 4
CHECKS = [not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullHouse]:
    """A house with everything in it."""
    clock = FakeClock()
    made = FullHouse(tmp_path_factory.mktemp("full"), ports_for_tests(clock), clock)
    yield made
    made.close()


def test_no_endpoint_fails_and_each_answers_as_documented(house: FullHouse) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    wrong: dict[str, str] = {}
    asked = 0

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        strategy = operation.as_strategy()

        def ask(case: schemathesis.Case[Any], label: str = operation.label) -> None:
            nonlocal asked
            asked += 1
            case.path_parameters = {name: house.values.get(name, value) for name, value in (case.path_parameters or {}).items()}
            try:
                case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {house.token}"})
            except (Failure, FailureGroup) as failure:
                wrong.setdefault(label, str(failure)[:600])
            house.put_back()

        run = settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        run(given(strategy)(ask))()

    assert asked > 100
    assert wrong == {}
