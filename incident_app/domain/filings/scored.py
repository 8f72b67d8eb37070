"""ENISA's severity with its reasons, line by line, in the language of a filing: as :func:`incident_app.domain.risk.score` has
them in English."""

from collections.abc import Iterator
from decimal import Decimal

from incident_app.domain.filings.wording import Wording
from incident_app.domain.risk.severity import (
    BASE,
    CB,
    EI,
    STEPS,
    Answers,
    ClassAnswer,
    context_of,
    figure,
    score,
)


def reasons_in(spoken: Wording, answers: Answers) -> tuple[str, ...]:
    """Return the steps of the score, one a line. What a person gave as a reason stays as they wrote it."""
    return tuple(_lines(spoken, answers))


def _lines(spoken: Wording, answers: Answers) -> Iterator[str]:
    found, word = score(answers), spoken.word

    def number(value: Decimal) -> str:
        return spoken.decimal(figure(value))

    for one in answers.classes:
        yield _class_line(spoken, one)
    if len(answers.classes) > 1:
        yield word("risk_highest").format(number=number(found.dpc))
    yield word("risk_ei").format(answer=word(f"ei_{EI[answers.ei]}"), number=number(answers.ei))
    for name in CB:
        value: Decimal = getattr(answers, name)
        yield f"{word(f'risk_{name}')}: {word(f'cb_{name}_{int(100 * value)}')}, {number(value)}."
    yield word("risk_malicious").format(answer=word("yes" if answers.malicious else "no").lower(),
                                        number=number(Decimal("0.5") if answers.malicious else Decimal(0)))
    yield (f"SE = {number(found.dpc)} × {number(found.ei)} + {number(found.cb)} = {number(found.se)}: "
           f"{word(f'level_{found.level.value}')}.")


def _class_line(spoken: Wording, answer: ClassAnswer) -> str:
    base, found, word = BASE[answer.data_class], context_of(answer), spoken.word
    data = word(f"risk_{answer.data_class.value}")
    said = [word("risk_base").format(data=word("risk_credentials").format(data=data) if answer.credentials else data, number=base)]
    if answer.adjust:
        said.append(word("risk_moved").format(steps=f"{answer.adjust:+d}", why=word(_step(answer))))
    if base + answer.adjust != found:
        said.append(word("risk_held").format(number=found))
    return " ".join(filter(None, (f"{', '.join(said)}, DPC {found}.", answer.reason.strip())))


def _step(answer: ClassAnswer) -> str:
    if answer.adjust not in STEPS[answer.data_class]:
        return "step_beyond"
    return f"step_{answer.data_class.value}_{str(answer.adjust).replace('-', 'minus_')}"
