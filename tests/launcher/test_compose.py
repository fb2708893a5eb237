"""Every service of docker-compose.yml, run as a local process: the same command, environment and health check."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import Settings
from api.tasks.queue import QUEUES
from launcher import stack
from launcher.family import Child, Family
from launcher.health import redis_problem
from launcher.keys import KEYS
from launcher.layout import ROOT
from launcher.ports import free_ports
from launcher.redis_service import find_server
from launcher.venv import Venv
from tests.launcher.stub_tree import wait_until

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ORDER = ("redis", "api", "stream", "worker", "web")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}` and `${NAME:?complaint}` as docker compose reads them."""

    def one(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if not value and found[2] == "?":
            raise KeyError(f"{found[1]}: {found[3]}")
        return value or (found[3] if found[2] == "-" else "")

    return _VARIABLE.sub(one, text)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an operator would write into `.env`, with free ports and a folder of our own."""
    folder = tmp_path_factory.mktemp("compose")
    (folder / "redis").mkdir()
    api, web, stream, redis = map(str, free_ports(4))
    return {
        "SECRET_KEY": "a secret for the tests",
        "REDIS_PASSWORD": "a password for the tests".replace(" ", "-"),
        "BOT_SERVICE_TOKEN": "a bot token for the tests",
        "WEB_SERVICE_TOKEN": "a website token for the tests",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": redis,
        "REDIS_DIR": str(folder / "redis"),
        "API_PORT": api,
        "WEB_PORT": web,
        "STREAM_PORT": stream,
        "DATABASE_URL": f"sqlite:///{folder}/coc.sqlite3",
        "API_BASE_URL": f"http://127.0.0.1:{api}",
        "STREAM_BASE_URL": f"http://127.0.0.1:{stream}",
        "BOT_STREAM_BASE_URL": f"http://127.0.0.1:{stream}",
    }


def command_of(name: str, values: Mapping[str, str]) -> list[str]:
    """The service's command with this environment's programs in place of the image's."""
    words = [interpolate(word, values) for word in SERVICES[name]["command"]]
    if words[0] == "redis-server":
        return [find_server(Venv(Path(sys.prefix)))[0], *words[1:]]
    if words[0] == "python":
        return [sys.executable, *words[1:]]
    return [str(Path(sys.prefix) / "bin" / words[0]), *words[1:]]


def environment_of(name: str, values: Mapping[str, str]) -> dict[str, str]:
    """Only what compose would give: nothing of the machine but PATH."""
    given = SERVICES[name].get("environment", {})
    own = {key: interpolate(str(value), values) for key, value in given.items()}
    return {"PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}", **own}


def healthy(name: str, values: Mapping[str, str]) -> bool:
    test = [interpolate(word, values) for word in SERVICES[name]["healthcheck"]["test"]]
    env = environment_of(name, values)
    if test[0] == "CMD-SHELL":
        if shutil.which("redis-cli"):
            return subprocess.run(["sh", "-c", test[1]], env=env, capture_output=True).returncode == 0
        return (
            redis_problem(f"redis://:{values['REDIS_PASSWORD']}@127.0.0.1:{values['REDIS_PORT']}/0") is None
        )
    assert test[:2] == ["CMD", "python"]
    return subprocess.run([sys.executable, *test[2:]], env=env, cwd=ROOT, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def running(values: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Child]]:
    """All services but the bot, started in order, each once its predecessor is well."""
    with Family(tmp_path_factory.mktemp("logs")) as family:
        children = {}
        for name in ORDER:
            child = family.start(name, command_of(name, values), environment_of(name, values), ROOT)
            children[name] = child
            wait_until(lambda name=name, child=child: healthy(name, values) or not child.alive, 60)
        yield children


@pytest.mark.e2e
@pytest.mark.parametrize("name", ORDER)
def test_the_command_runs_and_its_health_check_passes(
    name: str, running: dict[str, Child], values: dict[str, str]
) -> None:
    assert running[name].alive, "\n".join(running[name].last_lines(30))
    assert healthy(name, values), "\n".join(running[name].last_lines(30))


@pytest.mark.e2e
def test_the_health_check_of_the_worker_fails_when_it_is_gone(
    running: dict[str, Child], values: dict[str, str]
) -> None:
    env = {
        **environment_of("worker", values),
        "REDIS_URL": environment_of("worker", values)["REDIS_URL"][:-1] + "9",
    }
    test = SERVICES["worker"]["healthcheck"]["test"]
    assert subprocess.run([sys.executable, *test[2:]], env=env, capture_output=True).returncode == 1


@pytest.mark.e2e
def test_the_bot_without_a_token_says_so_and_ends(values: dict[str, str]) -> None:
    env = environment_of("bot", values)
    result = subprocess.run(
        command_of("bot", values), env=env, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode != 0
    assert "DISCORD_TOKEN" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_restarted_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    build = service.get("build")
    assert build is None or name == "bot" or (ROOT / build["dockerfile"]).is_file()


def test_the_services_of_the_design_are_all_there() -> None:
    assert set(SERVICES) == {"redis", "api", "stream", "worker", "web", "bot"}


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "REDIS_PASSWORD", "BOT_SERVICE_TOKEN", "WEB_SERVICE_TOKEN"]
)
def test_without_a_secret_compose_refuses_and_names_it(values: dict[str, str], missing: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    with pytest.raises(KeyError, match=missing):
        interpolate(text, {key: value for key, value in values.items() if key != missing})


def test_every_queue_is_served_by_the_worker_of_the_launcher_and_of_compose() -> None:
    assert stack.QUEUES == QUEUES
    assert tuple(SERVICES["worker"]["command"]) == ("python", "-m", "api.worker", *QUEUES)


def test_every_mail_setting_reaches_the_containers_and_the_example() -> None:
    given = SERVICES["worker"]["environment"]
    settings = {name.upper() for name in Settings.model_fields if name.startswith(("smtp_", "mail_", "web_"))}
    assert settings <= set(given)
    assert settings <= {key.name for key in KEYS}


def test_every_variable_of_the_compose_file_is_in_the_example_or_has_a_default() -> None:
    example = (ROOT / ".env.example").read_text()
    for found in _VARIABLE.finditer((ROOT / "docker-compose.yml").read_text()):
        assert f"\n{found[1]}=" in example or found[2] == "-", found[1]


@pytest.mark.parametrize("component", ["api", "public_web"])
def test_an_image_holds_what_its_commands_import(component: str) -> None:
    lines = (ROOT / component / "Dockerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY")}
    assert {component, f"{component}/requirements.txt"} <= copied
    assert "--require-hashes" in "\n".join(lines)
    assert any(line.startswith("USER ") for line in lines)
