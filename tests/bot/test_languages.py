"""Every text stands in the catalogue, German lacks none, and everybody is answered in the language of their client."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from discord import Locale, app_commands

import bot.texts
from bot import cards, terminal
from bot.api_client import ApiClient
from bot.app import ConquestBot
from bot.cards import guide, samples
from bot.cards.as_discord import to_messages
from bot.cards.as_text import to_text
from bot.cogs.making import Draft, draft_of, hero_form
from bot.errors import SENTENCES, sentence_for
from bot.settings import BotSettings
from bot.table_terminal import paint
from bot.texts import LANGUAGES, SOURCE, collect, language_for, names, speaking, tr, trn
from bot.texts.__main__ import main as texts_command
from bot.texts.collect import BOT, catalogue, collected, texts_in
from bot.texts.commands import CatalogueTranslator
from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.test_cards import check_limits
from tests.bot.test_commands import Table
from tests.fakes.discord import DiscordStandin, command_rules, component_rules

OTHERS = [language for language in LANGUAGES if language != SOURCE]


@pytest.fixture(scope="module")
def template() -> Catalog:
    return collected()


def strings(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_german_is_there() -> None:
    assert "de" in OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_a_translation_and_no_translation_is_left_over(
    language: str, template: Catalog
) -> None:
    """When this fails: run `./coc texts` and fill in what it lists."""
    theirs = {(m.context, m.id): m for m in catalogue(language) if m.id}
    wanted = {(m.context, m.id) for m in template if m.id}
    assert wanted - set(theirs) == set() and set(theirs) - wanted == set()
    assert [m.id for m in theirs.values() if m.fuzzy or not all(strings(m))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_agree(language: str) -> None:
    wrong = []
    for message in catalogue(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set().union(*(placeholders(i) for i in ids))
        wrong += [(message.id, s) for s in strings(message) if not placeholders(s) <= wanted]
        wrong += [(message.id, s) for s in strings(message) if wanted - placeholders(s) - {"count"}]
    assert wrong == []


TERMINAL = (
    "belongings", "board", "commands", "farewell", "feed", "options", "patience", "play", "receipt_lines", "start",
    "table", "teller",
)  # fmt: skip
SAID = ("tr", "trn", "trc", "N", "sentence", "command", "Choice", "ValueError", "info", "warning", "error")


def said_elsewhere(node: ast.AST) -> list[ast.AST]:
    """What below this node is a text of the catalogue, or nothing that players read."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)) if name in SAID:
            return [node]
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Raise():
            return [node]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return list(node.decorator_list)  # discord.py asks the translator for these
        case ast.ClassDef():
            return list(node.keywords)
    return []


def player_texts(file: Path) -> Iterator[tuple[int, str]]:
    """String constants that read like something for players and do not go through the catalogue."""
    tree = ast.parse(file.read_text())
    done = {id(part) for node in ast.walk(tree) for top in said_elsewhere(node) for part in ast.walk(top)}
    commands = {name for name, _ in guide.COMMANDS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in done:
            text = node.value
            if re.search(r"[A-Za-z’']{2,},? [a-z]{2,}", text) and text not in commands:
                yield node.lineno, text


@pytest.mark.parametrize(
    "file",
    [
        *sorted((BOT / "cards").glob("*.py")),
        *sorted((BOT / "cogs").glob("*.py")),
        *(BOT / "table_terminal" / f"{name}.py" for name in TERMINAL),
        *(BOT / f"{name}.py" for name in ("replies", "errors", "teller")),
    ],
    ids=lambda file: f"{file.parent.name}/{file.name}",
)
def test_no_text_for_players_stands_outside_the_catalogue(file: Path) -> None:
    if file.name.startswith("samples") or file.name in ("__main__.py", "as_html.py", "gallery.py"):
        return
    assert list(player_texts(file)) == []


class Disguise:
    """A language in which every letter of a text is another: what stays readable came from elsewhere."""

    def gettext(self, message: str) -> str:
        return re.sub(
            r"\{[^}]*\}|[A-Za-z]", lambda m: m[0] if m[0][0] == "{" else chr(ord(m[0]) + 0xFEE0), message
        )

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)

    def pgettext(self, _: str, message: str) -> str:
        return self.gettext(message)


def readable(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{2,}", text))


@pytest.fixture
def disguised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.texts, "_catalogue", lambda _: Disguise())


def test_what_a_card_says_itself_is_in_the_catalogue(disguised: None) -> None:
    sources = sorted(Path(samples.__file__).parent.glob("samples*"))
    known = readable(" ".join(file.read_text() for file in sources)) | {"UTC", "kh", "adv"}
    found = {name: readable(to_text(card)) - known for name, card in samples.all_cards().items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("code", SENTENCES)
def test_every_refusal_is_in_the_catalogue(disguised: None, code: str) -> None:
    assert readable(sentence_for(code)) <= {"BOT", "SERVICE", "TOKEN", "kh"}


def test_the_rules_own_sentence_stands_behind_ours_in_another_language() -> None:
    assert sentence_for("illegal_action", "The door is shut.") == "The door is shut."
    with speaking("de"):
        assert (
            sentence_for("illegal_action", "The door is shut.")
            == "Das ist hier nicht möglich. (The door is shut.)"
        )
        assert sentence_for("no_way", "The door is shut.") == "The door is shut."


def test_the_reader_is_answered_in_the_nearest_language_that_we_speak() -> None:
    assert language_for("de-AT") == "de" and language_for("de") == "de"
    assert language_for("en-GB", "de") == "en" and language_for("xx", "de") == "de"
    assert language_for("pt-BR") == "en" and language_for("", None, "not a language") == "en"


def test_a_language_lasts_as_long_as_its_block_and_another_is_refused() -> None:
    with speaking("de"):
        assert tr("Begin") == "Beginnen" and names(["Ana", "Bo", "Cy"]) == "Ana, Bo und Cy"
        assert trn("{count} round", "{count} rounds", 1) == "1 Runde"
        assert trn("{count} round", "{count} rounds", 3) == "3 Runden"
        with speaking("en"):
            assert tr("Begin") == "Begin" and names(["Ana", "Bo", "Cy"]) == "Ana, Bo and Cy"
    assert tr("Begin") == "Begin"
    with pytest.raises(ValueError, match="there are en, de"), speaking("tlh"):
        pass


@pytest.mark.parametrize("name", samples.all_cards())
def test_every_sample_can_be_drawn_in_german(name: str) -> None:
    with speaking("de"):
        card = samples.all_cards()[name]
        assert to_text(card).strip()
        for message in to_messages(card):
            check_limits(message)


@pytest.mark.asyncio
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_form_for_a_hero_keeps_discords_rules_in_every_language(language: str) -> None:
    rows = [{"key": f"k{n}", "name": f"Name {n} " + "x" * 120, "summary": "y" * 200} for n in range(40)]
    with speaking(language):
        form = hero_form("coc:play:1:made", rows, rows, Draft("Mara", "k1", "k2", "she"))
    fields = form.to_dict()
    assert list(component_rules.modal_problems(fields)) == []
    offered = [
        len(part["component"]["options"]) for part in fields["components"] if "options" in part["component"]
    ]
    assert offered == [25, 15, 25, 3], "forty callings in two selects"


def test_of_two_selects_of_callings_the_chosen_one_counts() -> None:
    assert draft_of(["Mara", "", "k30", "exile", "she"]) == Draft("Mara", "k30", "exile", "she")
    assert draft_of(["Mara", "k1", "exile", "she"]) == Draft("Mara", "k1", "exile", "she")


def test_braces_that_somebody_typed_stay_as_they_are() -> None:
    with speaking("de"):
        assert "{who}" in to_text(cards.notice(tr("{name}, level {level}", name="{who}", level=1), ""))


# --- commands ------------------------------------------------------------------------------------------------------


async def german_commands() -> list[dict]:
    """The commands as a German client shows them."""
    settings = BotSettings.model_construct(discord_guild_id=None, lease_seconds=1.0, table_edit_seconds=1.0)
    async with ApiClient("http://localhost", "") as api, ConquestBot(settings, api) as client:
        await client.load_commands()
        translator = CatalogueTranslator()
        found = [await c.get_translated_payload(client.tree, translator) for c in client.tree.get_commands()]
    return [in_german(each) for each in found]


def in_german(part: dict) -> dict:
    out = {k: v for k, v in part.items() if not k.endswith("_localizations")}
    for key in ("name", "description"):
        out[key] = (part.get(f"{key}_localizations") or {}).get("de") or part.get(key)
    for key in ("options", "choices"):
        if part.get(key):
            out[key] = [in_german(each) for each in part[key]]
    return out


@pytest.mark.asyncio
async def test_german_commands_keep_discords_rules() -> None:
    commands = await german_commands()
    assert list(command_rules.commands_problems(commands)) == []
    assert {"spielen", "tun", "hilfe"} <= {c["name"] for c in commands}
    for place in [commands, *(c.get("options") or [] for c in commands)]:
        assert len({each["name"] for each in place}) == len(place)
    assert all(each["name"] == each["name"].lower() for each in commands)


@pytest.mark.asyncio
async def test_english_clients_get_no_translation() -> None:
    where = app_commands.TranslationContext(app_commands.TranslationContextLocation.command_description, None)
    text = app_commands.locale_str("How fast")
    translator = CatalogueTranslator()
    assert await translator.translate(text, Locale.british_english, where) is None
    assert await translator.translate(text, Locale.german, where) == "Wie schnell"


# --- over the wire -------------------------------------------------------------------------------------------------


@pytest.fixture
def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_each_is_answered_in_the_own_language_and_the_table_speaks_the_servers(
    table: Table, discord: DiscordStandin
) -> None:
    discord.guild.locale = "de"
    table.bo.account.locale = "de"
    del table.session.view["settings"]  # nobody chose a language
    await table.bot.start()
    await table.api.begin(table.session)
    await discord.until(lambda: discord.threads())
    card = await discord.message(lambda m: "Was kann ich tun?" in m.labels, table.thread)
    assert "Gewartet wird auf" in card.text
    german = await (await table.bo.slash("help", table.thread)).settled()
    assert "Was nun?" in german.text and "/spielen" in german.text
    english = await (await table.ana.slash("help", table.thread)).settled()
    assert "What now?" in english.text and "/play" in english.text
    pressed = await (await table.bo.click(card, "Search the boats")).settled()
    assert "Notiert" in pressed.text
    assert not discord.violations


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_a_new_adventure_is_told_in_the_servers_language(
    discord: DiscordStandin, api: CannedApi, bot: BotProcess
) -> None:
    discord.guild.locale = "de"
    ana = discord.add_user("ana")  # whose own client speaks English
    await bot.start()
    await (await ana.slash("campaign start", campaign="drowned_bell", hero="h|mara")).settled()
    assert api.calls_to("POST", "sessions")[0].body["settings"] == {"language": "de"}


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_the_sessions_language_goes_before_the_servers(table: Table, discord: DiscordStandin) -> None:
    discord.guild.locale = "de"
    table.session.view["settings"] = {"language": "en"}
    await table.open()
    discord_commands = discord.world.commands[None]
    play = next(c for c in discord_commands if c["name"] == "play")
    assert play["name_localizations"]["de"] == "spielen" and not discord.violations


def test_a_text_inside_another_ones_arguments_or_an_f_string_is_collected_too() -> None:
    source = (
        """sentence("A {b}", b=bold(tr("B"))); f"{tr('C')}"; trn("d", "ds", 2); trc("x", "e"); tr(variable)"""
    )
    assert sorted(map(str, texts_in(source))) == sorted(
        map(str, [(None, "A {b}"), (None, "B"), (None, "C"), (None, ("d", "ds")), ("x", "e")])
    )


@pytest.mark.asyncio
@pytest.mark.e2e
async def test_a_table_whose_language_is_changed_speaks_the_new_one(
    table: Table, discord: DiscordStandin
) -> None:
    await table.open()
    table.session.view["settings"] = {"language": "de"}
    await table.api.feed(table.session, {"type": "settings_changed"})
    await table.api.resolve(table.session, 1)
    card = await discord.message(lambda m: "Was kann ich tun?" in m.labels, table.thread)
    assert "Gewartet wird auf" in card.text
    assert "Zug 1" in (await discord.message(lambda m: "Was ist passiert?" in m.labels, table.thread)).text


def test_the_terminal_shows_a_hero_in_german() -> None:
    member = samples.view()["party"][0] | {"stated": True}
    with speaking("de"):
        row = paint.hero_row(member, 12, next_up=False, waiting=False).plain
    assert "hat gesprochen" in row and "HP" in row


def test_the_terminal_is_told_its_language_and_refuses_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        terminal.arguments(["--language", "de"]).language == "de" and terminal.arguments([]).language == "en"
    )
    with pytest.raises(SystemExit):
        terminal.arguments(["--language", "tlh"])
    assert "'en', 'de'" in capsys.readouterr().err


def test_texts_says_what_is_lacking_and_what_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(collect, "FOLDER", tmp_path)
    assert texts_command(["fr"]) == 1
    begun = (tmp_path / "fr.po").read_text()
    assert "Plural-Forms: nplurals=2; plural=(n > 1);" in begun and "0 texts" not in capsys.readouterr().out
    filled = re.sub(r'^msgstr(\[\d\])? ""$', lambda m: f'msgstr{m[1] or ""} "x"', begun, flags=re.M)
    filled = filled.replace('msgstr "x"\n"Language', 'msgstr ""\n"Language', 1)
    (tmp_path / "fr.po").write_text(filled)
    assert texts_command(["fr", "--check"]) == 0
    (tmp_path / "fr.po").write_text(filled + '\nmsgid "a text that is gone"\nmsgstr "x"\n')
    assert texts_command(["fr", "--check"]) == 1 and "1 left over" in capsys.readouterr().out
    assert texts_command(["fr"]) == 0 and "a text that is gone" not in (tmp_path / "fr.po").read_text()
    with pytest.raises(SystemExit):
        texts_command(["not-a-language"])
