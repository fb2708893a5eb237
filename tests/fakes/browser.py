"""A real Chromium without a window, spoken to over its debugging protocol: pages as people get them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from launcher.system_parts import PARTS

SECONDS = 60.0  # for anything that is waited for: a busy machine is slow, not wrong
# Chromium refuses its own sandbox to root, and a container's /dev/shm is too small for it.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip


class Tab:
    """One page. What scripts complained of, or the policy refused, stands in `complaints`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._number = 0
        self.complaints: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        return await asyncio.wait_for(answer, SECONDS)

    async def open(self, url: str) -> None:
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), SECONDS)

    async def evaluate(self, script: str) -> Any:
        made = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in made:
            raise RuntimeError(made["exceptionDetails"]["exception"].get("description", script))
        return made["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until the script's value is true, whatever page is shown by then."""
        async with asyncio.timeout(SECONDS):
            while True:
                with contextlib.suppress(RuntimeError):
                    if found := await self.evaluate(script):
                        return found
                await asyncio.sleep(0.02)

    async def fill(self, name: str, text: str) -> None:
        """Types into the field of that name."""
        await self.evaluate(f"document.querySelector('[name={name}]:not([type=hidden])').focus()")
        await self.call("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    async def follow(self, selector: str) -> None:
        """Clicks what leads to another page, and waits for that page."""
        self._loaded.clear()
        await self.click(selector)
        await asyncio.wait_for(self._loaded.wait(), SECONDS)

    async def resize(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600,
        )  # fmt: skip

    async def picture(self, path: Path) -> None:
        """The whole page, however long, as the PNG or WebP that the file's name says."""
        how = {"format": "webp", "quality": 80} if path.suffix == ".webp" else {"format": "png"}
        made = await self.call("Page.captureScreenshot", captureBeyondViewport=True, **how)
        path.write_bytes(base64.b64decode(made["data"]))

    async def close(self) -> None:
        self._reader.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            params = said.get("params", {})
            match said.get("method"):
                case None:
                    answer = self._answers.pop(said["id"])
                    if "error" in said:
                        answer.set_exception(RuntimeError(said["error"]["message"]))
                    else:
                        answer.set_result(said["result"])
                case "Page.loadEventFired":
                    self._loaded.set()
                case "Runtime.exceptionThrown":
                    self.complaints.append(params["exceptionDetails"]["text"])
                case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                    self.complaints.append(params["entry"]["text"])


@contextlib.asynccontextmanager
async def tab(folder: Path) -> AsyncIterator[Tab]:
    """A browser with a profile of its own in the folder, and its one page."""
    program = PARTS["chromium"].find()
    assert program is not None, "no chromium here: mark the test with needs"
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as http:
            async with asyncio.timeout(SECONDS):
                url = await _page(http, profile / "DevToolsActivePort")
                made = Tab(await http.ws_connect(url, max_msg_size=0))
                for part in ("Page", "Runtime", "Log"):
                    await made.call(f"{part}.enable")
            yield made
            await made.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its helpers would go on writing into the profile


async def _page(http: aiohttp.ClientSession, file: Path) -> str:
    """The address of the first page, as soon as the browser has written its port down whole and opened one."""
    while True:
        with contextlib.suppress(OSError, ValueError, aiohttp.ClientError):
            port, _path = file.read_text().splitlines()
            async with http.get(f"http://127.0.0.1:{int(port)}/json/list") as answer:
                for one in await answer.json():
                    if one["type"] == "page":
                        return str(one["webSocketDebuggerUrl"])
        await asyncio.sleep(0.05)
