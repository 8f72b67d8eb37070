"""Does a rule ask for anything, given what is known? What is not known never answers no."""

from dataclasses import dataclass

from incident_app.domain.numbers import grouped
from incident_app.domain.regimes import CaseFacts, Rule, Threshold, Weight


@dataclass(frozen=True, slots=True)
class Verdict:
    """``arises``: there may be a duty; ``always``: there is one, whatever a human decides; ``why`` in words."""

    arises: bool
    always: bool
    why: str


def verdict(rule: Rule, facts: CaseFacts) -> Verdict:
    """Judge the threshold of a rule: its words, its number of people, its kinds of data."""
    if rule.threshold is Threshold.NEVER:
        return Verdict(False, False, _sentence(rule.threshold_words))
    for words in (_people_against(rule, facts), _data_against(rule, facts)):
        if words:
            return Verdict(False, False, words)
    for words in (_people_for(rule, facts), _data_for(rule, facts)):
        if words:
            return Verdict(True, True, words)
    return Verdict(True, rule.threshold is Threshold.ALWAYS, f"Owed: {rule.threshold_words.rstrip('.')}.")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _people_against(rule: Rule, facts: CaseFacts) -> str:
    if rule.people_test is not Weight.REQUIRED:
        return ""
    least, most, count = rule.min_people, rule.max_people, facts.people
    if least is not None and count.at_most is not None and count.at_most < least:
        return f"Not owed: {count.words()} people, and it begins at {grouped(least)}."
    if most is not None and count.at_least > most:
        return f"Not owed: {count.words()} people, and it ends at {grouped(most)}."
    return ""


def _data_against(rule: Rule, facts: CaseFacts) -> str:
    if rule.data_test is not Weight.REQUIRED or not rule.data_kinds or facts.data_kinds is None:
        return ""
    if facts.data_kinds & set(rule.data_kinds):
        return ""
    return f"Not owed: none of the data is of the kinds it names ({', '.join(rule.data_kinds)})."


def _people_for(rule: Rule, facts: CaseFacts) -> str:
    least = rule.min_people
    if rule.people_test is Weight.SUFFICIENT and least is not None and facts.people.at_least >= least:
        return f"Owed: {facts.people.words()} people, and from {grouped(least)} on nothing else is asked."
    return ""


def _data_for(rule: Rule, facts: CaseFacts) -> str:
    if rule.data_test is Weight.SUFFICIENT and facts.data_kinds is not None:
        hit = sorted(facts.data_kinds & set(rule.data_kinds))
        if hit:
            return f"Owed: data of the kinds it names ({', '.join(hit)})."
    return ""
