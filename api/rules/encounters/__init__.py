"""Fights: initiative, the order of turns, what may be done in them, and how they end (`docs/rules.md`, Encounters).

Creatures act inside the player's turn, so after every command it is a standing hero's turn or the fight is over.
"""

from __future__ import annotations

from api.rules.encounters.intents import clear_intent as clear_intent
from api.rules.encounters.intents import intent_label as intent_label
from api.rules.encounters.intents import lock_intent as lock_intent
from api.rules.encounters.orders import standing_order as standing_order
from api.rules.encounters.start import start_encounter as start_encounter
from api.rules.encounters.turns import LAST_ROUND as LAST_ROUND
from api.rules.encounters.turns import renew as renew
from api.rules.encounters.turns import take_combat_turn as take_combat_turn
