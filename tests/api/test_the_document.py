"""The OpenAPI document and the API are one: schemathesis asks every endpoint what the document promises."""

from collections.abc import Callable, Iterator
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


class Asking:
    """Asks one operation after the other, and writes down what is not as documented."""

    def __init__(self, house: FullHouse) -> None:
        """Ask in this house."""
        self.house = house
        self.wrong: dict[str, str] = {}
        self.asked = 0

    def about(self, label: str) -> Callable[[schemathesis.Case[Any]], None]:
        """Return what asks one operation."""

        def ask(case: schemathesis.Case[Any]) -> None:
            self.asked += 1
            case.path_parameters = {name: self.house.values.get(name, value) for name, value in (case.path_parameters or {}).items()}
            try:
                case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {self.house.token}"})
            except (Failure, FailureGroup) as failure:
                self.wrong.setdefault(label, str(failure)[:600])
            self.house.put_back()

        return ask


def test_no_endpoint_fails_and_each_answers_as_documented(house: FullHouse) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    asking = Asking(house)
    run = settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
                   suppress_health_check=list(HealthCheck))

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        run(given(operation.as_strategy())(asking.about(operation.label)))()

    assert asking.asked > 100
    assert asking.wrong == {}
