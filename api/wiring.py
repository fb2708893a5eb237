"""The one place that wires ports to adapters, for the API, the workers and the stream alike."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass

import redis
import structlog

from api.assets.disk import DiskAssets
from api.assets.port import Assets, NoAssets
from api.clock import Clock
from api.content.loader import load_content
from api.content.problems import ContentError
from api.content.tiers import tiers_in
from api.identity.local import LocalIdentity
from api.identity.passwords import PasswordPolicy
from api.llm.anthropic import AnthropicClient
from api.llm.budget.metered import MeteredClient, Refused
from api.llm.budget.port import Budget
from api.llm.circuit import Circuit, GuardedClient
from api.llm.contexts import context_of
from api.llm.fallback import ModelNarrator
from api.llm.lore import LoreTeller
from api.llm.memory.summariser import ModelSummariser
from api.llm.model_client import ModelClient
from api.llm.models import Choice, ModelTable, load_models, warnings
from api.llm.paced import PacedNarrator
from api.llm.port import NarrationRequest, Narrator, Ruler
from api.llm.replicate import ReplicateClient
from api.llm.ruler import BuiltInRuler
from api.llm.rulings.model_ruler import ModelRuler
from api.llm.storyteller import Storyteller
from api.llm.storyteller.wording import WordingError
from api.log_lines import LogLinesFactory
from api.mail.folder import FolderMailer
from api.mail.outbox import Outbox
from api.mail.port import Mailer
from api.mail.smtp import SmtpMailer, SmtpServer
from api.moderation.builtin import ListModerator, standard_moderator
from api.moderation.lists import STANDARD_FILE, load_lists, standard_lists
from api.moderation.port import Moderator
from api.moderation.provider import HttpModerator, Moderators
from api.publishing.feed import Publisher
from api.services.deps import Deps
from api.services.usage import budget_of, tell_of_limit
from api.settings import Settings
from api.store.port import Store, StoreError
from api.store.sql import SqlStore
from api.tasks.queue import JobQueue
from api.workers.provider_limits import LimitedClient, ProviderSlots

log = structlog.get_logger()


class CannotStart(Exception):
    """Content or store that nothing can be built on; the text has a line for each fault."""


@dataclass(frozen=True, slots=True)
class Wired:
    deps: Deps
    identity: LocalIdentity
    redis: redis.Redis
    ruler: Ruler
    narrators: list[Narrator]
    jobs: JobQueue
    outbox: Outbox
    summariser: ModelSummariser | None  # None: no provider has a key, and the storyteller sums up
    mailer: Mailer | None  # None: this installation sends no mail
    lore: LoreTeller | None  # None: no model has a key


def wire(settings: Settings, clock: Clock | None = None) -> Wired:
    """Everything that a process needs. Raises CannotStart, in clear lines, before anything runs.

    `clock` replaces the real one, for tests.
    """
    try:
        return _wire(settings, clock or Clock())
    except (ContentError, WordingError, StoreError, ValueError) as error:
        raise CannotStart(str(error)) from error


def _wire(settings: Settings, clock: Clock) -> Wired:
    connection = redis.Redis.from_url(
        settings.redis_url, socket_connect_timeout=2, socket_timeout=10, health_check_interval=30
    )
    content = load_content(settings.data_dir)
    store = open_store(settings)
    jobs = JobQueue(redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=5))
    tiers = tiers_in(settings.data_dir, settings.tiers_file)
    moderator = moderator_of(settings)
    assets = assets_of(settings, store, clock)
    deps = Deps(
        store, content, clock, Publisher(connection), jobs, settings, tiers, assets, moderator=moderator
    )
    models = models_of(settings)
    clients = model_clients(
        settings, models, clock, budget_of(deps), lambda charge, error: tell_of_limit(deps, charge, error)
    )
    for warning in warnings(models):
        log.warning("model_deprecated", why=warning)
    storyteller: Narrator = Storyteller(content)
    if settings.storyteller_pause_seconds:
        storyteller = PacedNarrator(storyteller, settings.storyteller_pause_seconds)

    def for_passage(request: NarrationRequest) -> Choice:
        return models.choose(context_of(request, content), request.tier or settings.default_tier)

    def for_rulings(tier: str) -> Choice:
        return models.choose("ruling", tier or settings.default_tier)

    def for_lore(tier: str) -> Choice:
        return models.choose("item_lore", tier or settings.default_tier)

    tellers = [ModelNarrator(client, content, choose=for_passage) for client in clients.values()]
    ruler: Ruler = BuiltInRuler(content)
    if clients:
        ruler = ModelRuler(clients, for_rulings, content, seconds=settings.ruling_call_seconds)

    def for_summaries(tier: str) -> Choice:
        return models.choose("summary", tier or settings.default_tier)

    summariser = ModelSummariser(clients, for_summaries, content) if clients else None
    outbox = Outbox(store, clock, jobs.deliver_mail)
    policy = PasswordPolicy(settings.password_list)
    identity = LocalIdentity(
        store, clock, outbox, policy=policy, web_url=settings.web_base_url, moderator=moderator
    )
    narrators = [*tellers, storyteller]
    lore = LoreTeller(clients, for_lore, content) if clients else None
    mailer = mailer_of(settings, clock)
    return Wired(
        deps=deps, identity=identity, redis=connection, ruler=ruler, narrators=narrators, jobs=jobs, outbox=outbox,
        summariser=summariser, mailer=mailer, lore=lore,
    )  # fmt: skip


def assets_of(settings: Settings, store: Store, clock: Clock) -> Assets:
    """A folder where one is named, else no files are kept."""
    return DiskAssets(settings.assets_dir, store, clock) if settings.assets_dir is not None else NoAssets()


def mailer_of(settings: Settings, clock: Clock) -> Mailer | None:
    """SMTP where a server is named, else the folder of a development machine, else none."""
    if settings.smtp_host:
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_ca_file,
        )
        return SmtpMailer(server, settings.mail_from, clock)
    if settings.mail_folder is not None:
        return FolderMailer(settings.mail_folder, settings.mail_from, clock)
    return None


def moderator_of(settings: Settings) -> Moderator:
    """The built-in lists with the operator's own, and after them the service that is named. Raises BadLists."""
    own = (settings.moderation_file,) if settings.moderation_file is not None else ()
    lists = load_lists(STANDARD_FILE, *own) if own else standard_lists()
    first: Moderator = ListModerator(lists) if own else standard_moderator()
    if not settings.moderation_url:
        return first
    key = settings.moderation_api_key.get_secret_value()
    return Moderators([first, HttpModerator(settings.moderation_url, key, lists.policy)])


def open_store(settings: Settings) -> Store:
    """Appwrite where its keys are set, else SQL by DATABASE_URL. Raises StoreError."""
    if not settings.appwrite_endpoint:
        return SqlStore(settings.database_url)
    # Its SDK costs more than a second and 55 MB: only who uses it pays.
    from api.store.appwrite import AppwriteStore

    store = AppwriteStore(
        settings.appwrite_endpoint,
        settings.appwrite_project_id,
        settings.appwrite_api_key.get_secret_value(),
        settings.appwrite_database_id,
    )
    store.ensure_schema()
    return store


def model_clients(
    settings: Settings,
    models: ModelTable,
    clock: Clock,
    budget: Budget,
    on_refused: Refused = lambda charge, error: None,
) -> dict[str, ModelClient]:
    """A client for each provider that has a key, by name, each behind its circuit, its slots and the budget."""
    bare: list[ModelClient] = []
    usual = {provider: model for model, provider in models.ids().items()}
    if key := settings.anthropic_api_key.get_secret_value():
        url = settings.anthropic_base_url or None
        bare.append(AnthropicClient(key, usual.get("anthropic", ""), base_url=url))
    if token := settings.replicate_api_token.get_secret_value():
        url = settings.replicate_base_url or None
        bare.append(ReplicateClient(token, usual.get("replicate", ""), base_url=url))
        if len(bare) == 1 and settings.default_tier != "FREE":
            log.warning(
                "replicate_serves_free_only",
                why=f"DEFAULT_TIER is {settings.default_tier}, and paying sponsors never get Replicate: set "
                "DEFAULT_TIER=FREE to use it, or ANTHROPIC_API_KEY",
            )
    slots = ProviderSlots(settings.provider_slots, settings.provider_wait_seconds)
    terms = models.dearest()

    def whole(client: ModelClient) -> ModelClient:
        bounded = LimitedClient(GuardedClient(client, Circuit(client.name, clock)), slots)
        return MeteredClient(bounded, budget, terms, usual.get(client.name, ""), on_refused)

    return {c.name: whole(c) for c in bare}


def models_of(settings: Settings) -> ModelTable:
    """The table of models with the ids that the environment names. Raises BadModels."""
    table = load_models(settings.models_file)
    return table.with_ids(anthropic=settings.anthropic_model, replicate=settings.replicate_model)


def configure_logging(level: str, process: str) -> None:
    """JSON lines on stderr, each with the process and, inside a request, its id."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=LogLinesFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
