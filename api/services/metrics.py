"""Figures for a monitoring system, read from the store when they are asked for: so all processes show the same."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.services.budget import ALERTS
from api.services.deps import Deps
from api.services.usage import spending

METRICS_TYPE = "text/plain; version=0.0.4"


class _Spending(Collector):
    """What models cost today, and how often they were called."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def collect(self) -> Iterator[Metric]:
        now = spending(self._deps)
        for name, key, what in (
            ("coc_model_spent_usd", "spent_usd", "Dollars spent on models since 00:00 UTC."),
            ("coc_model_held_usd", "held_usd", "Dollars held for calls under way, at their worst price."),
            ("coc_model_ceiling_usd", "ceiling_usd", "The operator's daily ceiling in dollars."),
            ("coc_model_ceiling_share", "share", "Share of the ceiling that is spent."),
        ):
            yield GaugeMetricFamily(name, what, value=now[key])
        calls = GaugeMetricFamily(
            "coc_model_calls", "Calls of models since 00:00 UTC, by purpose.", labels=["purpose"]
        )
        for purpose, number in now["calls"].items():
            calls.add_metric([purpose], number)
        yield calls
        alerts = GaugeMetricFamily(
            "coc_model_spend_alert", "1 when that percentage of the ceiling is reached.", labels=["percent"]
        )
        for percent in ALERTS:
            alerts.add_metric([str(percent)], float(percent in now["alerts"]))
        yield alerts


def metrics_text(deps: Deps) -> bytes:
    """All figures in the text form of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Spending(deps))
    return generate_latest(registry)
