"""Routes that learn to write their address when it is first asked for.

Werkzeug compiles two functions per route as the app starts, which is half of what building the app takes: each server,
worker, clock and command would pay for a thousand functions and use some dozens.
"""

from collections.abc import Callable

from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


class LateRule(Rule):
    """A route whose address builder is compiled late."""

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        made: list[Build] = []

        def late(_rule: Rule, /, **values: object) -> tuple[str, str]:
            if not made:
                made.append(Rule._compile_builder(self, append_unknown).__get__(self, None))
            return made[0](**values)

        return late
