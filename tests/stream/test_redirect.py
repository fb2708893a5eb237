"""The API sends followers on to the stream process, and what they asked for goes along."""

from __future__ import annotations

from pathlib import Path

from api.app import create_app
from tests.fakes.game import settings_for


def test_the_number_after_which_to_follow_survives_the_redirect(tmp_path: Path) -> None:
    http = create_app(settings_for(tmp_path, stream_base_url="http://stream.test")).test_client()
    base = "http://stream.test/api/v1/sessions/S1/stream"
    places = {
        "/api/v1/sessions/S1/stream": base,
        "/api/v1/sessions/S1/stream?after=17": f"{base}?after=17",
        "/api/v1/sessions/S1/stream?after=17&x=1": f"{base}?after=17",
    }
    for path, target in places.items():
        answer = http.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (307, target)
    assert http.get("/api/v1/sessions/S1/stream?after=x").status_code == 422
