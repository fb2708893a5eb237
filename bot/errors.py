"""The one place that turns the API's error codes into sentences that help a player."""

from __future__ import annotations

from typing import Any

from bot.texts import SOURCE, N, command, spoken, tr

SENTENCES: dict[str, str] = {
    "not_your_turn": N("It is not your turn yet. Your idea keeps; the table shows whose turn it is."),
    "already_stated": N("You have already said what you do in this beat. It counts when the beat closes."),
    "stale_turn": N(
        "The story has moved on since that card was shown. Look at the newest scene and choose again."
    ),
    "scene_changed": N("The party is somewhere else by now. Look at the newest scene and choose again."),
    "session_over": N("This adventure is over. Start a new one with {play}."),
    "not_started": N("The adventure has not begun. The host presses Begin in the lobby."),
    "not_in_session": N(
        "You have no seat at this table. Use {play} in the channel to join or to start an adventure."
    ),
    "seat_taken": N(
        "That hero already sits at a table. Choose another hero, or finish that adventure first."
    ),
    "party_full": N("The party is full. Use {play} in another channel to start your own adventure."),
    "need_players": N("More players are needed before the adventure can begin."),
    "already_begun": N("The adventure has begun; nobody can join it now. Use {play} in another channel."),
    "illegal_action": N("That is not possible here."),
    "unknown_target": N("There is nobody like that here."),
    "not_carried": N("Your hero does not carry that."),
    "no_mana": N("Your hero has not enough MP for that."),
    "on_cooldown": N("That ability needs a moment before it can be used again."),
    "hero_down": N("Your hero is down and cannot act until a friend helps."),
    "nothing_to_say": N("Say what your hero does, in a few words."),
    "unreachable": N("The game server does not answer just now. Nothing was lost; try again in a minute."),
    "unavailable": N("The game server is busy or being repaired. Nothing was lost; try again in a minute."),
    "internal": N("Something went wrong at the game server. It has been noted; please try again."),
    "rate_limited": N("That was a lot at once. Wait a moment and try again."),
    "forbidden": N("Only the host of this adventure may do that."),
    "scope": N("The bot may not act for you here. Tell the server's owner: the service token does not fit."),
    "unauthenticated": N(
        "The bot is not signed in at the game server. Tell the server's owner: check BOT_SERVICE_TOKEN."
    ),
    "not_found": N("That does not exist any more."),
    "gone": N("That part of the story is too old to be shown."),
    "conflict": N("Two things happened at the same moment. Please try again."),
    "idempotency_mismatch": N("That press was already used for something else. Please try again."),
    "too_large": N("That is too long. Say it in at most 1000 characters."),
    "invalid": N("That could not be understood."),
    "bad_dice": N("Those dice could not be read. Try 1d20+5, 4d6kh3 or d20+5 adv."),
    "too_many_pins": N("Twenty memories are pinned already. Unpin one first."),
    "memory_gone": N("That memory was changed meanwhile. Look at the list again."),
    "nothing_to_undo": N("That memory is as it first was; there is nothing to undo."),
    "bad_json": N("That could not be understood."),
    "method_not_allowed": N("That is not possible."),
}
# For these the API's own sentence says more than ours: it knows the rule that refused.
SPEAKS_FOR_ITSELF = {
    "illegal_action", "unknown_target", "not_carried", "no_mana", "on_cooldown", "hero_down", "need_players",
    "not_your_turn", "forbidden", "party_full", "seat_taken", "already_stated", "unwelcome",
}  # fmt: skip
# A refusal of play is shown with what is legal instead; other errors are not. The rules have many more codes (see
# docs/wire.md), and say of each what is legal.
REFUSALS = {
    "not_your_turn", "already_stated", "stale_turn", "scene_changed", "illegal_action", "unknown_target",
    "not_carried", "no_mana", "on_cooldown", "hero_down", "nothing_to_say",
}  # fmt: skip


def shows_what_is_legal(code: str, details: dict[str, Any]) -> bool:
    """Whether the answer is a refusal of play, which is shown with what is legal instead."""
    return code in REFUSALS or "legal" in details


def sentence_for(code: str, message: str = "", details: dict[str, Any] | None = None) -> str:
    """What to tell the player. Never shows raw exception text; an unknown code gets the API's sentence."""
    details = details or {}
    if code in SPEAKS_FOR_ITSELF and _is_sentence(message):
        # The API speaks English: elsewhere our own sentence says what kind of no it is, and its sentence why.
        known = spoken() == SOURCE or code not in SENTENCES
        return message if known else f"{tr(SENTENCES[code], play=command('play'))} ({message})"
    if code == "invalid" and (details.get("problem") or details.get("field")):
        what = str(details.get("field") or "that").replace("_", " ")
        problem = str(details.get("problem") or message or tr("not accepted"))
        return f"{what.capitalize()}: {problem}"
    if code == "bad_dice" and details.get("problem"):
        problem = str(details["problem"])
        return f"{problem[:1].upper()}{problem[1:]}{'' if problem.endswith('?') else '.'}"
    if code == "rate_limited" and details.get("retry_after"):
        return tr("That was a lot at once. Try again in {seconds} seconds.", seconds=details["retry_after"])
    if code in SENTENCES:
        return tr(SENTENCES[code], play=command("play"))
    return message if _is_sentence(message) else tr(SENTENCES["internal"])


def _is_sentence(text: str) -> bool:
    return bool(text) and " " in text and not text.startswith(("Traceback", "{", "<"))
