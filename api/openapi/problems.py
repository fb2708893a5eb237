"""Every problem code of the API with its status and what it means; docs/wire.md names them all."""

from __future__ import annotations

from typing import NamedTuple


class ProblemCode(NamedTuple):
    status: int
    meaning: str


# What any operation may answer, a write, and one that needs to know who asks.
ANY = ("rate_limited", "unavailable", "internal")
WRITE = ("bad_json", "csrf", "conflict", "too_large", "invalid", "idempotency_mismatch")
KNOWN = ("unauthenticated", "scope", "forbidden", "banned", "invalid")

PROBLEMS: dict[str, ProblemCode] = {
    "bad_json": ProblemCode(400, "The body is no JSON object, or is nested too deeply."),
    "unauthenticated": ProblemCode(401, "Nobody signed in, or the sign-in has ended, or the pair was wrong."),
    "scope": ProblemCode(403, "The service's token does not reach that far."),
    "csrf": ProblemCode(403, "A write by cookie without its token, or from a page of another website."),
    "banned": ProblemCode(403, "The account is banned; the message says until when and why."),
    "tier_needed": ProblemCode(403, "It comes with another tier; `details.enough` names them."),
    "email_unverified": ProblemCode(403, "The address was not confirmed yet."),
    "forbidden": ProblemCode(403, "It is there, and somebody else's to do."),
    "not_found": ProblemCode(404, "It is not there, or not for the asker to know of."),
    "method_not_allowed": ProblemCode(405, "The path knows other methods; `Allow` names them."),
    "conflict": ProblemCode(409, "Somebody else was first; look again and try again."),
    "no_files": ProblemCode(409, "A file is to be kept, and this installation keeps none."),
    "no_mail": ProblemCode(409, "A letter is needed, and this installation sends none."),
    "gone": ProblemCode(
        410, "The feed is kept no longer from there; `details.snapshot` says where to begin."
    ),
    "stale_revision": ProblemCode(
        412, "If-Match named an older revision; `details.revision` is the present one."
    ),
    "too_large": ProblemCode(413, "The body is longer than 32 KiB."),
    "invalid": ProblemCode(
        422, "A value cannot be used; `details.field` and `details.problem` say which and why."
    ),
    "bad_dice": ProblemCode(422, "A dice expression cannot be read; `details` point at the fault."),
    "idempotency_mismatch": ProblemCode(422, "The Idempotency-Key was used for a different request."),
    "rate_limited": ProblemCode(429, "Too often; wait `Retry-After` seconds."),
    "internal": ProblemCode(500, "A fault of ours; it was logged under the request's id."),
    "unavailable": ProblemCode(503, "The store cannot be reached; try again shortly."),
    "game": ProblemCode(
        409, "The game says no: a code of docs/wire.md, with what is legal in `details.legal`."
    ),
    "sheet": ProblemCode(
        409, "The rules say no to the change: a code of docs/wire.md, with `details.legal`."
    ),
    "not_started": ProblemCode(409, "The story has not begun."),
    "nothing_told": ProblemCode(409, "Nothing was told yet, or nothing of that turn."),
    "story_moved_on": ProblemCode(
        409, "Another passage was told since, or is being told; `details.last_told`."
    ),
    "no_retries_left": ProblemCode(409, "That passage was told again as often as it can be."),
    "too_many": ProblemCode(409, "The table has as many slips as it can hold."),
    "unwelcome": ProblemCode(
        409, "The text is not welcome at this table; `details.category` says of what kind it is."
    ),
    "not_linked": ProblemCode(409, "There is no such link."),
    "last_way_in": ProblemCode(409, "Without that link nobody could come into the account."),
    "tier_limit": ProblemCode(409, "The tier has no room for more; `details.enough` names those that have."),
    "seat_taken": ProblemCode(409, "The hero or the player sits somewhere already."),
    "session_over": ProblemCode(409, "The story is over."),
    "party_full": ProblemCode(409, "All seats are taken."),
    "already_begun": ProblemCode(409, "The story has begun already."),
    "need_players": ProblemCode(409, "More players are needed first."),
    "illegal_action": ProblemCode(409, "That cannot be done now."),
    "stale_turn": ProblemCode(409, "The table has moved on; see what is possible now."),
    "too_many_pins": ProblemCode(409, "Twenty memories are pinned already."),
    "memory_gone": ProblemCode(409, "The memory was corrected, forgotten or withdrawn meanwhile."),
    "nothing_to_undo": ProblemCode(409, "The memory is as it first was."),
    "cannot_link": ProblemCode(409, "The two accounts cannot become one; the message says why."),
    "leaving_already": ProblemCode(409, "The account is about to be deleted already."),
    "no_fight": ProblemCode(409, "There is no fight here."),
}
