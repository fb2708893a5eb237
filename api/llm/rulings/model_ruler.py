"""A ruler that asks a language model about all texts of a beat at once, and needs it for none of them.

What is missing, unreadable or late is read by the built-in ruler, entry by entry; orders to the game never reach a
model; a claim to have something new stands only as far as the scene itself offers what the model takes it for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from api.content.catalogue import Content
from api.llm.authored import people_of
from api.llm.model_client import Charge, Message, ModelClient, ModelError, ModelRequest, PromptPart
from api.llm.models import Choice
from api.llm.port import RulingRequest
from api.llm.prompting import block, environment
from api.llm.ruler import BuiltInRuler, plain
from api.llm.rulings.judging import Unreadable, command_of
from api.llm.rulings.menu import MEANINGS, WITH_ID, menu_of
from api.llm.rulings.plain_text import rulings_in, rulings_of
from api.llm.rulings.tool import NAME, ruling_tool
from api.rules.commands import Command, Improvise
from api.rules.figures import item_key

log = structlog.get_logger()

TOKENS_BESIDE = 64  # what a list needs beside its rulings
TOKENS_EACH = 80  # what one ruling takes at most
TOLD = 600  # characters of the last passage
SECONDS = 12.0  # of the 20 after which the sweeper rules by itself

Choose = Callable[[str], Choice]  # a sponsor's tier -> the model for rulings


class ModelRuler:
    """Implements `api.llm.port.Ruler` with the clients that are configured, by provider name."""

    name = "model"
    asks_a_model = True  # so that a job that runs twice asks once

    def __init__(
        self,
        clients: Mapping[str, ModelClient],
        choose: Choose,
        content: Content,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._clients = clients
        self._choose = choose
        self._content = content
        self._seconds = seconds
        self._built_in = BuiltInRuler(content)
        self._template = environment().get_template("rule.j2")

    async def rule_all(self, requests: Sequence[RulingRequest]) -> dict[str, Command]:
        """One call for all texts, or none when no model may be asked; every text gets its command."""
        asked = [r for r in requests if self._built_in.order_in(r) is None]
        said = await self._asked(asked) if asked else {}
        rulings = {}
        for request in requests:
            who = request.actor.id
            rulings[who] = self._judged(said[who], request) if who in said else None
        return {r.actor.id: rulings[r.actor.id] or self._built_in.read(r) for r in requests}

    def prompt(self, requests: Sequence[RulingRequest], choice: Choice, *, tools: bool) -> ModelRequest:
        """The call for these texts: rules and campaign, then the scene and what it offers, then what was written."""
        first, menu = requests[0], menu_of(requests)
        scene = self._content.scenes[first.scene]
        roles = {p.key: p.role for p in people_of(self._content, scene, first.people)}
        values: dict[str, Any] = {
            "by_tool": tools,
            "tool": NAME,
            "campaign": self._content.campaigns[first.campaign],
            "scene": scene,
            "menu": menu,
            "meanings": MEANINGS,
            "with_id": WITH_ID,
            "allies": [menu.names[key] for key in first.allies],
            "people": [f"{menu.names[key]} ({roles.get(key, 'somebody')})" for key in first.people],
            "foes": [menu.names[key] for key in first.foes],
            "shops": list(first.shops.values()),
            "told": _end_of(first.told),
            "remembered": first.remembered,
            "entries": [{"actor": r.actor, "text": r.text, "carried": self._carried(r)} for r in requests],
        }
        return ModelRequest(
            system=(
                PromptPart(block(self._template, "system", values), keep="5m"),
                PromptPart(block(self._template, "scene", values), keep="5m"),
            ),
            messages=(Message("user", block(self._template, "turn", values)),),
            model=choice.model_id,
            max_tokens=min(choice.max_tokens, TOKENS_BESIDE + TOKENS_EACH * len(requests)),
            tools=(ruling_tool(menu),) if tools else (),
            tool_choice=NAME if tools else "auto",
            temperature=0.0 if not tools else None,
            effort=choice.effort,
            seconds=self._seconds,
            charge=Charge("ruling", first.sponsor, first.session_id, first.tier),
        )

    async def _asked(self, requests: Sequence[RulingRequest]) -> dict[str, Mapping[str, Any]]:
        """What the model said about each hero's text, not yet checked; empty when it cannot be asked or heard."""
        choice = self._choose(requests[0].tier)
        client = self._clients.get(choice.provider)
        if client is None:
            return {}
        call = self.prompt(requests, choice, tools=client.supports_tools)
        try:
            async with asyncio.timeout(self._seconds):  # waiting for a slot counts, too
                answer = await client.complete(call)
        except (ModelError, TimeoutError) as error:
            why = str(error) or "no answer in time"
            log.warning("ruling_unavailable", turn_id=requests[0].turn_id, why=why)
            return {}
        if client.supports_tools:
            found = [raw for call in answer.calls if call.name == NAME for raw in rulings_of(call.arguments)]
        else:
            found = []
        return _by_hero(found or rulings_in(answer.text), requests)

    def _judged(self, raw: Mapping[str, Any], request: RulingRequest) -> Command | None:
        """The command, if this hero can do that now; None when the built-in ruler must read the text."""
        try:
            command = command_of(raw, request)
        except Unreadable as error:
            # Said aloud, never skipped: the table gets a ruling all the same.
            log.warning("ruling_unreadable", turn_id=request.turn_id, hero=request.actor.id, why=str(error))
            return None
        if isinstance(command, Improvise) and self._built_in.claim_in(request) is not None:
            log.info("claim_ruled_as_a_try", turn_id=request.turn_id, hero=request.actor.id)
            return None
        return command

    def _carried(self, request: RulingRequest) -> list[str]:
        return list(dict.fromkeys(self._content.items[item_key(i)].name for i in request.carried))


def _end_of(passage: str) -> str:
    """The last sentences of a passage, as many as fit."""
    if len(passage) <= TOLD:
        return passage
    cut = passage[-TOLD:]
    return cut[match.end() :] if (match := re.search(r"[.!?…][”\"’']?\s+", cut)) else cut


def _by_hero(
    found: Sequence[Mapping[str, Any]], requests: Sequence[RulingRequest]
) -> dict[str, Mapping[str, Any]]:
    """Each ruling to the hero that it is about: by number, else by name, else, where all fit, by place. The first
    about a hero counts."""
    placed: dict[str, Mapping[str, Any]] = {}
    names = {plain(r.actor.name): r.actor.id for r in requests}
    nameless = []
    for raw in found:
        number = _number(raw.get("entry", raw.get("number", raw.get("no"))))
        name = plain(str(raw.get("hero", raw.get("actor", raw.get("player", raw.get("character", ""))))))
        if number is not None:
            if 1 <= number <= len(requests):
                placed.setdefault(requests[number - 1].actor.id, raw)
        elif name or plain(str(raw.get("entry", ""))):
            who = names.get(name) or names.get(plain(str(raw.get("entry", ""))))
            if who is not None:
                placed.setdefault(who, raw)
        else:
            nameless.append(raw)
    if not placed and len(nameless) == len(requests):
        return {r.actor.id: raw for r, raw in zip(requests, nameless, strict=True)}
    return placed


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    text = str(value).strip().lstrip("#").strip() if isinstance(value, str | int | float) else ""
    return int(float(text)) if text.replace(".0", "").isdecimal() and len(text) < 6 else None
