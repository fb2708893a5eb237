"""Tiers where they are enforced: hosted (default FREE) and self-hosted (default ELITE), sponsors, and falling tiers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.content.catalogue import Content
from api.content.loader import load_content
from api.errors import GameRefusal, TierNeeded
from api.services import characters, sessions, sheets
from api.services.admin import changes
from api.services.admin.changes import Operator
from api.services.entitlements import Grant, Holder
from api.services.tiers import limits_of, models_of, own_view, require_feature, tier_of
from api.store.port import Insert, Update
from tests.fakes.game import Game

OPERATOR = Operator("olga", "for the test")
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(DATA)


@pytest.fixture
def house(tmp_path: Path, content: Content) -> Callable[..., Game]:
    def build(default: str, **more: Any) -> Game:
        game = Game(tmp_path, content, default_tier=default, **more)
        body = {"email": None, "password": None, "created_at": game.clock.iso(), "verified": False}
        accounts = [Insert("accounts", f"user{n}", {**body, "name": f"Player {n}"}) for n in range(1, 12)]
        game.store.commit(accounts)
        return game

    return build


def grant(game: Game, number: int, tier: str, until: str | None = None) -> None:
    changes.grant_tier(game.deps, OPERATOR, f"user{number}", tier, until)


def refusal(call: Callable[[], object]) -> GameRefusal:
    with pytest.raises(GameRefusal) as refused:
        call()
    return refused.value


# --- characters ---


def test_a_hosted_free_player_has_one_hero_and_is_told_who_may_have_more(house: Callable[..., Game]) -> None:
    game = house("FREE")
    first = game.character(game.actor(1))
    told = refusal(lambda: game.character(game.actor(1)))
    assert (told.code, told.details["limit"], told.details["most"]) == ("tier_limit", "characters", 1)
    assert [one["tier"] for one in told.details["enough"]] == ["BASIC", "PREMIUM", "ELITE"]
    characters.retire_character(game.deps, game.actor(1), first["id"], game.key(game.actor(1)))
    game.character(game.actor(1))


def test_on_ones_own_machine_nobody_counts_heroes(house: Callable[..., Game]) -> None:
    game = house("ELITE")
    for _ in range(12):
        game.character(game.actor(1))
    assert own_view(game.deps, "user1")["used"] == {"characters": 12, "characters_left": None}


def test_two_heroes_made_at_once_cannot_both_be_the_last(house: Callable[..., Game]) -> None:
    game = house("FREE")

    def make(_: int) -> str:
        try:
            return str(game.character(game.actor(1))["id"])
        except GameRefusal as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(make, range(6)))
    assert (
        sorted(made, key=len)[:5] == ["tier_limit"] * 5
        and len(characters.list_characters(game.deps, game.actor(1))["items"]) == 1
    )


def test_heroes_over_the_limit_stay_and_play_and_only_more_is_refused(house: Callable[..., Game]) -> None:
    game = house("FREE")
    grant(game, 1, "BASIC", until=game.clock.iso(after=86400))
    heroes = [game.character(game.actor(1))["id"] for _ in range(3)]
    assert refusal(lambda: game.character(game.actor(1))).details["most"] == 3
    game.clock.advance(86401)
    assert tier_of(game.deps, "user1") == "FREE"
    assert len(characters.list_characters(game.deps, game.actor(1))["items"]) == 3
    assert refusal(lambda: game.character(game.actor(1))).details["most"] == 1
    for hero in heroes:  # each may still sit down and begin
        new = sessions.NewSession(game.campaign, hero)
        session = sessions.create_session(game.deps, game.actor(1), new, game.key(game.actor(1)))
        begun = sessions.begin_session(game.deps, game.actor(1), session["id"], game.key(game.actor(1)))
        assert begun["status"] == "active"


# --- parties and sponsors ---


def join(game: Game, session: str, number: int, **options: Any) -> dict[str, Any]:
    actor = game.actor(number)
    hero = game.character(actor)["id"]
    return sessions.join_session(game.deps, actor, session, hero, game.key(actor), **options)


def test_a_free_host_plays_alone_until_a_friend_of_a_higher_tier_sponsors(house: Callable[..., Game]) -> None:
    game = house("FREE")
    table = game.lobby(1)
    assert table.view()["max_players"] == 1
    told = refusal(lambda: join(game, table.id, 2))
    assert (told.code, told.details["limit"], told.details["tier"]) == ("tier_limit", "party", "FREE")
    grant(game, 3, "PREMIUM")
    view = join(game, table.id, 3, as_sponsor=True)
    assert (view["sponsor"], view["host"], view["max_players"], len(view["party"])) == (
        "user3",
        "user1",
        6,
        2,
    )
    assert [e["user_id"] for e in table.feed("sponsor_changed")] == ["user3"]
    assert len(join(game, table.id, 4)["party"]) == 3, "a guest of any tier may sit"
    assert models_of(game.deps, view["sponsor"]) == "PREMIUM"


def test_friends_of_a_self_hosting_player_sit_without_subscriptions(house: Callable[..., Game]) -> None:
    table = house("ELITE").lobby(6)
    assert len(table.view()["party"]) == 6 and table.view()["max_players"] == 6


def test_who_takes_a_table_over_must_sit_there_and_have_room_for_all(house: Callable[..., Game]) -> None:
    game = house("FREE")
    grant(game, 1, "PREMIUM")
    grant(game, 2, "BASIC")
    table = game.lobby(1)
    for number in (2, 3):
        join(game, table.id, number)

    def take(number: int) -> dict[str, Any]:
        actor = game.actor(number)
        return sessions.take_sponsorship(game.deps, actor, table.id, game.key(actor))

    assert refusal(lambda: take(2)).details["most"] == 2
    assert refusal(lambda: take(3)).details["most"] == 1
    with pytest.raises(Exception, match="no session here"):
        take(9)
    grant(game, 3, "ELITE")
    assert take(3)["sponsor"] == "user3"
    assert take(3)["sponsor"] == "user3" and len(table.feed("sponsor_changed")) == 1


def test_a_running_party_stays_when_its_sponsors_tier_falls(house: Callable[..., Game]) -> None:
    game = house("FREE")
    grant(game, 1, "PREMIUM", until=game.clock.iso(after=3600))
    table = game.lobby(1)
    for number in (2, 3):
        join(game, table.id, number)
    sessions.begin_session(game.deps, game.actor(1), table.id, game.key(game.actor(1)))
    game.clock.advance(3601)
    assert len(table.view()["party"]) == 3 and limits_of(game.deps, "user1").party == 1
    table.act(1, "pass")
    assert refusal(lambda: join(game, table.id, 4)).code == "tier_limit"


def test_the_sponsorship_falls_to_the_host_when_the_sponsor_leaves(house: Callable[..., Game]) -> None:
    game = house("FREE")
    table = game.lobby(1)
    grant(game, 2, "PREMIUM")
    join(game, table.id, 2, as_sponsor=True)
    left = sessions.leave_session(game.deps, game.actor(2), table.id, game.key(game.actor(2)))
    del left
    assert table.load().body["sponsor_user_id"] == "user1"
    assert [e["user_id"] for e in table.feed("sponsor_changed")] == ["user2", "user1"]


# --- rights ---


@pytest.mark.parametrize(
    ("tier", "may"), [("FREE", False), ("BASIC", False), ("PREMIUM", True), ("ELITE", True)]
)
def test_the_market_is_for_premium_and_elite(house: Callable[..., Game], tier: str, may: bool) -> None:
    game = house("FREE")
    grant(game, 1, tier)
    if may:
        require_feature(game.deps, "user1", "market")
        return
    with pytest.raises(TierNeeded, match="it comes with Premium or Elite") as refused:
        require_feature(game.deps, "user1", "market")
    assert [one["tier"] for one in refused.value.details["enough"]] == ["PREMIUM", "ELITE"]


def test_a_class_in_early_access_is_for_elite_also_as_a_ready_made_hero(
    house: Callable[..., Game], content: Content
) -> None:
    game = house("FREE")
    key = content.heroes["aldo_fisk"].character_class
    early = content.classes[key].model_copy(update={"early_access": True})
    changed = replace(content, classes={**content.classes, key: early})
    game.deps = replace(game.deps, content=changed)
    with pytest.raises(TierNeeded, match="is in early access; it comes with Elite"):
        game.character(game.actor(1), "aldo_fisk")
    grant(game, 1, "ELITE")
    assert game.character(game.actor(1), "aldo_fisk")["character_class"] == key


def test_shops_sell_what_is_exclusive_to_its_tier_alone(house: Callable[..., Game]) -> None:
    game = house("FREE")
    game.campaign = "standing_water"
    table = game.table(1)
    hero = game.store.get("characters", table.heroes[0])
    assert hero is not None
    game.store.commit([Update("characters", hero.id, hero.revision, {**hero.body, "gold": 500})])
    wish = sheets.SheetWish("buy", "subscribers_ferrule", shop="oddment_and_rope")

    def buy() -> dict[str, Any]:
        actor = table.actors[0]
        return sheets.change_part(game.deps, actor, table.heroes[0], "inventory", wish, game.key(actor))

    with pytest.raises(TierNeeded, match="is for Elite"):
        buy()
    grant(game, 1, "ELITE")
    assert buy()["events"][0]["type"] == "item_bought"
    changes.revoke_tier(game.deps, OPERATOR, "user1")
    worn = sheets.SheetWish("equip", "subscribers_ferrule")
    actor = table.actors[0]
    done = sheets.change_part(game.deps, actor, table.heroes[0], "equipment", worn, game.key(actor))
    assert done["events"][0]["type"] == "item_equipped", "what was bought stays and is worn"


# --- grants ---


def test_the_best_grant_counts_and_one_that_ends_uncovers_the_next(house: Callable[..., Game]) -> None:
    game = house("FREE")

    class Shop:
        name = "shop"

        def grants(self, account: Holder) -> list[Grant]:
            return [Grant("s1", "BASIC", "shop", "2026-01-01T00:00:00.000Z")] if account.id == "user1" else []

    game.deps = replace(game.deps, entitlements=(Shop(),))
    assert (tier_of(game.deps, "user1"), tier_of(game.deps, "user2")) == ("BASIC", "FREE")
    grant(game, 1, "ELITE", until=game.clock.iso(after=60))
    seen = own_view(game.deps, "user1")
    assert (seen["tier"], seen["source"]) == ("ELITE", "operator") and seen["until"] is not None
    game.clock.advance(61)
    assert own_view(game.deps, "user1")["source"] == "shop"


def test_nobody_falls_below_what_the_installation_gives_everybody(house: Callable[..., Game]) -> None:
    game = house("PREMIUM")
    grant(game, 1, "BASIC")
    assert tier_of(game.deps, "user1") == "PREMIUM" and own_view(game.deps, "user1")["source"] == "default"


def test_an_account_that_is_gone_has_the_default(house: Callable[..., Game]) -> None:
    game = house("BASIC")
    assert tier_of(game.deps, "nobody") == tier_of(game.deps, "") == "BASIC"
