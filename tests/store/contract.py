"""What every backend of the store port must do alike. A backend's test class inherits StoreContract."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from api.store.port import (
    MAX_CHANGES,
    BadChange,
    Conflict,
    Delete,
    Insert,
    Query,
    Store,
    Touch,
    Update,
)


def row(session: str, seq: int) -> Insert:
    return Insert("feed", f"{session}.{seq}", {"session_id": session, "seq": seq, "events": [f"e{seq}"]})


class StoreContract:
    """Subclasses give a fixture `store`, and `second` opens the same data as another process would."""

    def test_what_was_inserted_is_read_back(self, store: Store) -> None:
        body = {"text": "Ünï – 'quotes' \"and\" {{ }} \u0000 end", "nested": {"list": [1, 2.5, None, True]}}
        store.commit([Insert("accounts", "a1", body)])
        found = store.get("accounts", "a1")
        assert found is not None
        assert (found.id, found.revision, found.body) == ("a1", 1, body)

    def test_a_missing_document_is_none(self, store: Store) -> None:
        assert store.get("accounts", "nobody") is None

    def test_get_many_gives_those_that_exist(self, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {}), Insert("accounts", "a2", {})])
        assert set(store.get_many("accounts", ["a1", "a2", "a3"])) == {"a1", "a2"}
        assert store.get_many("accounts", []) == {}

    def test_an_update_replaces_the_body_and_grows_the_revision(self, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {"name": "one", "old": 1})])
        store.commit([Update("accounts", "a1", 1, {"name": "two"})])
        found = store.get("accounts", "a1")
        assert found is not None
        assert (found.revision, found.body) == (2, {"name": "two"})

    def test_a_stale_update_is_a_conflict(self, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {})])
        store.commit([Update("accounts", "a1", 1, {"n": 1})])
        with pytest.raises(Conflict):
            store.commit([Update("accounts", "a1", 1, {"n": 2})])

    def test_an_update_of_nothing_is_a_conflict(self, store: Store) -> None:
        with pytest.raises(Conflict):
            store.commit([Update("accounts", "a1", 1, {})])

    def test_an_insert_claims_its_id(self, store: Store) -> None:
        store.commit([Insert("leases", "claim", {"by": 1})])
        with pytest.raises(Conflict):
            store.commit([Insert("leases", "claim", {"by": 2})])
        found = store.get("leases", "claim")
        assert found is not None and found.body == {"by": 1}

    def test_a_touch_bumps_the_revision_and_keeps_the_body(self, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {"n": 1})])
        store.commit([Touch("accounts", "a1", 1)])
        found = store.get("accounts", "a1")
        assert found is not None
        assert (found.revision, found.body) == (2, {"n": 1})
        with pytest.raises(Conflict):
            store.commit([Touch("accounts", "a1", 1)])

    def test_a_delete_is_conditional_too(self, store: Store) -> None:
        store.commit([Insert("accounts", "a1", {})])
        with pytest.raises(Conflict):
            store.commit([Delete("accounts", "a1", 2)])
        store.commit([Delete("accounts", "a1", 1)])
        assert store.get("accounts", "a1") is None
        store.commit([Insert("accounts", "a1", {"again": True})])

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_one_lost_race_undoes_the_whole_batch(self, store: Store, place: int) -> None:
        store.commit([Insert("accounts", "a1", {"n": 0}), Insert("accounts", "gone", {})])
        changes = [Update("accounts", "a1", 1, {"n": 1}), Insert("accounts", "new", {})]
        changes.insert(place, Update("accounts", "gone", 7, {}))
        with pytest.raises(Conflict) as lost:
            store.commit(changes)
        assert lost.value.document_id == "gone"
        assert store.get("accounts", "new") is None
        found = store.get("accounts", "a1")
        assert found is not None and (found.revision, found.body) == (1, {"n": 0})

    def test_a_batch_of_ninety_is_taken_and_one_more_is_refused(self, store: Store) -> None:
        store.commit([row("s", n) for n in range(MAX_CHANGES)])
        with pytest.raises(BadChange, match="91"):
            store.commit([row("t", n) for n in range(MAX_CHANGES + 1)])
        assert store.query(Query("feed", {"session_id": "t"})).items == ()

    def test_an_empty_batch_is_nothing(self, store: Store) -> None:
        store.commit([])

    @pytest.mark.parametrize("bad", ["", ".a", "a b", "a/b", "../a", "x" * 37, "é"])
    def test_ids_that_no_backend_could_keep_are_refused(self, store: Store, bad: str) -> None:
        with pytest.raises(BadChange):
            store.commit([Insert("accounts", bad, {})])

    def test_unknown_collections_and_fields_are_refused(self, store: Store) -> None:
        with pytest.raises(BadChange):
            store.commit([Insert("dragons", "a", {})])
        with pytest.raises(BadChange):
            store.query(Query("feed", {"events": 1}))
        with pytest.raises(BadChange):
            store.query(Query("feed", order_by="events"))

    def test_a_query_filters_and_sorts(self, store: Store) -> None:
        store.commit([row("s", n) for n in (3, 1, 2)] + [row("t", 9)])
        up = store.query(Query("feed", {"session_id": "s"}, order_by="seq"))
        down = store.query(Query("feed", {"session_id": "s"}, order_by="seq", descending=True))
        assert [d.body["seq"] for d in up.items] == [1, 2, 3]
        assert [d.body["seq"] for d in down.items] == [3, 2, 1]

    def test_bounds_are_exclusive(self, store: Store) -> None:
        store.commit([row("s", n) for n in range(6)])
        page = store.query(
            Query("feed", {"session_id": "s"}, above={"seq": 1}, below={"seq": 4}, order_by="seq")
        )
        assert [d.body["seq"] for d in page.items] == [2, 3]

    @pytest.mark.parametrize("descending", [False, True])
    def test_pages_join_without_gap_or_repeat(self, store: Store, descending: bool) -> None:
        store.commit([Insert("turns", f"t{n:02}", {"session_id": "s", "number": n // 3}) for n in range(20)])
        seen: list[str] = []
        cursor = None
        while True:
            page = store.query(
                Query(
                    "turns",
                    {"session_id": "s"},
                    order_by="number",
                    descending=descending,
                    limit=3,
                    cursor=cursor,
                )
            )
            assert len(page.items) <= 3
            seen += [d.id for d in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        expected = sorted(
            (f"t{n:02}" for n in range(20)), key=lambda i: (int(i[1:]) // 3, i), reverse=descending
        )
        assert seen == expected

    @pytest.mark.parametrize("descending", [False, True])
    def test_nulls_are_the_lowest_and_pages_go_through_them(self, store: Store, descending: bool) -> None:
        dated = {"a": None, "b": "2026", "c": None, "d": "2025", "e": None, "f": "2025"}
        store.commit(
            [Insert("game_sessions", k, {"status": "active", "deadline": v}) for k, v in dated.items()]
        )
        seen: list[str] = []
        cursor = None
        while True:
            page = store.query(
                Query("game_sessions", order_by="deadline", descending=descending, limit=2, cursor=cursor)
            )
            seen += [d.id for d in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == (list("acedfb") if not descending else list("bfdeca"))

    def test_text_sorts_by_code_point(self, store: Store) -> None:
        names = ["Zoe", "abe", "Abe", "äbe", "_x", "zoe"]
        store.commit(
            [Insert("seats", f"s{i}", {"user_id": "u", "joined_at": n}) for i, n in enumerate(names)]
        )
        page = store.query(Query("seats", {"user_id": "u"}, order_by="joined_at"))
        assert [d.body["joined_at"] for d in page.items] == sorted(names)

    def test_two_batches_that_cross_each_other_both_end(
        self, store: Store, second: Callable[[], Store]
    ) -> None:
        """Each touches the same two documents in the other order: one may lose, none may hang or fail otherwise."""
        store.commit([Insert("accounts", "a", {"n": 0}), Insert("accounts", "b", {"n": 0})])
        won: list[str] = []
        failures: list[BaseException] = []

        def cross(first: str, then: str, mine: Store) -> None:
            try:
                for _ in range(20):
                    while True:
                        read = mine.get_many("accounts", [first, then])
                        try:
                            mine.commit(
                                [
                                    Update("accounts", k, read[k].revision, {"n": read[k].body["n"] + 1})
                                    for k in (first, then)
                                ]
                            )
                            won.append(first)
                            break
                        except Conflict:
                            continue
            except BaseException as error:
                failures.append(error)

        pair = [
            threading.Thread(target=cross, args=("a", "b", second())),
            threading.Thread(target=cross, args=("b", "a", second())),
        ]
        for each in pair:
            each.start()
        for each in pair:
            each.join()
        assert failures == []
        assert [store.get("accounts", k).body["n"] for k in "ab"] == [40, 40]  # type: ignore[union-attr]

    def test_a_page_that_is_exactly_full_has_no_next(self, store: Store) -> None:
        store.commit([row("s", n) for n in range(3)])
        assert store.query(Query("feed", {"session_id": "s"}, order_by="seq", limit=3)).next_cursor is None

    @pytest.mark.parametrize("cursor", ["", "!!!", "WzFd", "e30", "bnVsbA", "x" * 500])
    def test_a_cursor_from_nowhere_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(BadChange):
            store.query(Query("feed", {"session_id": "s"}, order_by="seq", cursor=cursor))

    def test_a_missing_field_is_null_and_matches_no_bound(self, store: Store) -> None:
        store.commit(
            [
                Insert("game_sessions", "a", {"status": "active", "deadline": None}),
                Insert("game_sessions", "b", {"status": "active"}),
                Insert("game_sessions", "c", {"status": "active", "deadline": "2026"}),
            ]
        )
        due = store.query(Query("game_sessions", {"status": "active"}, below={"deadline": "2027"}))
        assert [d.id for d in due.items] == ["c"]
        none = store.query(Query("game_sessions", {"deadline": None}))
        assert {d.id for d in none.items} == {"a", "b"}

    def test_indexed_fields_follow_an_update(self, store: Store) -> None:
        store.commit([Insert("game_sessions", "a", {"status": "lobby"})])
        store.commit([Update("game_sessions", "a", 1, {"status": "active"})])
        assert store.query(Query("game_sessions", {"status": "lobby"})).items == ()
        assert len(store.query(Query("game_sessions", {"status": "active"})).items) == 1

    def test_eight_racers_lose_no_update(self, store: Store, second: Callable[[], Store]) -> None:
        """200 of 200: each adds 25 to one counter, reading again after every lost race."""
        store.commit([Insert("leases", "counter", {"n": 0})])
        failures: list[BaseException] = []

        def add(mine: Store) -> None:
            try:
                for _ in range(25):
                    while True:
                        found = mine.get("leases", "counter")
                        assert found is not None
                        try:
                            mine.commit(
                                [Update("leases", "counter", found.revision, {"n": found.body["n"] + 1})]
                            )
                            break
                        except Conflict:
                            continue
            except BaseException as error:
                failures.append(error)

        racers = [threading.Thread(target=add, args=(second(),)) for _ in range(8)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert failures == []
        found = store.get("leases", "counter")
        assert found is not None
        assert (found.body["n"], found.revision) == (200, 201)

    def test_of_eight_who_claim_one_id_one_wins(self, store: Store, second: Callable[[], Store]) -> None:
        start = threading.Barrier(8)
        won: list[int] = []

        def claim(number: int, mine: Store) -> None:
            start.wait()
            try:
                mine.commit([Insert("leases", "seat", {"by": number})])
                won.append(number)
            except Conflict:
                return

        racers = [threading.Thread(target=claim, args=(n, second())) for n in range(8)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert len(won) == 1
        found = store.get("leases", "seat")
        assert found is not None and found.body == {"by": won[0]}
