"""What is said where a session stops in the middle of its story: a cliffhanger, always the same for the same moment."""

from __future__ import annotations

from api.content.catalogue import Content
from api.llm.storyteller.english import join_list
from api.llm.storyteller.grammar import Chooser
from api.rules.state import PlayState

_HOLD = (
    "Here the story holds its breath.",
    "And there it stops, for now.",
    "That is where the lamp is turned down.",
    "The rest is for another evening.",
)
_STANDING = ("{foes} have not gone anywhere.", "Nobody has told {foes} that it is late.", "{foes} can wait.")


def cliffhanger(content: Content, state: PlayState, session_id: str) -> str:
    """Two or three sentences: how the danger draws closer, what is open, and that it waits; empty after the end."""
    if state.ending is not None:
        return ""
    chooser = Chooser("cliffhanger", session_id, str(state.turn_number))
    scene = content.scenes[state.scene]
    encounter = state.encounter
    if encounter is not None:
        standing = list(dict.fromkeys(c.name for c in encounter.standing(heroes=False)))
        foes = join_list([name if name.startswith("The ") else f"the {name}" for name in standing[:3]])
        line = chooser.pick(_STANDING).format(foes=foes) if foes else ""
        parts = [content.encounters[encounter.key].stakes, line[:1].upper() + line[1:], chooser.pick(_HOLD)]
    else:
        parts = [chooser.pick(scene.pressure), chooser.pick(scene.prompts), chooser.pick(_HOLD)]
    return " ".join(part for part in parts if part)
