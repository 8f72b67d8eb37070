"""Tell people that somebody else put them on call: one message to each for each saving, however many turns it gives them."""

from collections.abc import Sequence

from incident_app.domain import rota as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import known_zone
from incident_app.domain.rota import Gap, Slot
from incident_app.models.accounts import User
from incident_app.services import linking
from incident_app.services.rota.changing import Rota


def tell(rota: Rota, user_id: int, turns: Sequence[Gap], *, by: Actor) -> None:
    """Write to whoever was put on call by somebody else, by every way they have, inside the caller's transaction."""
    user = rota.session.get_one(User, user_id)
    if user_id != by.id:
        words = rules.put_on_words(by.name, turns, known_zone(user.zone), linked=bool(user.telegram_chat_id))
        linking.write_all(rota.session, user, "on_call", words, now=rota.now, subject=rules.PUT_ON)


def tell_new(rota: Rota, after: Sequence[Slot], *, by: Actor, however_late: bool = False) -> None:
    """Write to everybody who is on call ``after`` a change and was not before.

    Those whose first turn begins within a week; of a whole rotation, which is saved once, everybody.
    """
    for user_id, turns in rules.newly_on(rota.slots, after, rota.now).items():
        if however_late or turns[0][0] < rota.now + rules.SOON:
            tell(rota, user_id, turns, by=by)
