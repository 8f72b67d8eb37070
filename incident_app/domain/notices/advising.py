"""What may happen with the data of one person, and what that person can do: from kinds of data to words."""

from collections.abc import Iterable, Sequence

from incident_app.domain.notices.wording import Wording

MOST_STEPS = 6
FEW_STEPS, FEW_KINDS = 5, 3
MOST_CONSEQUENCES = 8
LAST = "beware"


def kind_of(written: str) -> str:
    """Return the id a kind of data is meant by: “AI prompts” is ``ai_prompts``."""
    return "_".join(written.casefold().replace("-", " ").replace("_", " ").split())


def data_words(kinds: Sequence[str], wording: Wording) -> list[str]:
    """Name kinds of data in the language, each once; what is no known kind stays as it was written."""
    blocks = wording.blocks
    return list(dict.fromkeys(blocks[kind_of(kind)].label if kind_of(kind) in blocks else kind for kind in kinds))


def _known(kinds: Iterable[str], wording: Wording) -> list[str]:
    named = {kind_of(kind) for kind in kinds}
    return [kind for kind in wording.library.data if kind in named]


def consequences_of(kinds: Iterable[str], wording: Wording) -> str:
    """Say what may happen, the worst first; in general where no kind is known."""
    said = dict.fromkeys(wording.blocks[kind].consequence for kind in _known(kinds, wording))
    return " ".join(list(said)[:MOST_CONSEQUENCES]) or wording.consequences["general"]


def steps_for(kinds: Iterable[str], incident: str, wording: Wording) -> list[str]:
    """Return ids of steps, the most urgent first, each once: at most ``MOST_STEPS``, for few kinds of data ``FEW_STEPS``.

    The first step of every kind comes in before the second of any, so that no kind of data goes without; the last one is
    always to beware of false messages.
    """
    library, known = wording.library, _known(kinds, wording)
    place = {step: number for number, step in enumerate(library.order)}
    rank: dict[str, int] = {}
    for steps in [library.incident.get(incident, ()), *(library.data[kind] for kind in known)]:
        for number, step in enumerate(steps):
            rank[step] = min(number, rank.get(step, number))
    most = FEW_STEPS if len(known) <= FEW_KINDS else MOST_STEPS
    chosen = sorted(rank, key=lambda step: (rank[step], place[step]))[: most - 1]
    return [*sorted(chosen, key=place.__getitem__), LAST]


def steps_of(kinds: Iterable[str], incident: str, wording: Wording) -> str:
    """Say what to do as a list, a line for each step."""
    return "\n".join(f"- {wording.steps[step]}" for step in steps_for(kinds, incident, wording))


def longest_advice(wording: Wording) -> dict[str, str]:
    """Return as much as the two fields of advice can hold for anybody, to know the longest message."""
    said = sorted((block.consequence for block in wording.blocks.values()), key=len, reverse=True)
    steps = sorted(wording.steps.values(), key=len, reverse=True)
    return {"consequences": " ".join(said[:MOST_CONSEQUENCES]), "steps": "\n".join(f"- {step}" for step in steps[:MOST_STEPS])}
