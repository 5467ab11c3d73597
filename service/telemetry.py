"""What an operator sees: JSON logs that carry ids and never words, and Prometheus metrics."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from telephony.quality import QualityReport

_WITH_ADDRESSES = ("uvicorn.access", "uvicorn.error")
"""Loggers that tell each request and socket by its whole address, in which tokens stand."""


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback keeps its frames but not the exception's text, which may hold words."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = []
            traceback = record.exc_info[2]
            while traceback is not None:
                code = traceback.tb_frame.f_code
                frames.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno} {code.co_name}")
                traceback = traceback.tb_next
            line["frames"] = " < ".join(reversed(frames[-8:]))
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(level: str) -> None:
    """Send every log line as JSON to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", *_WITH_ADDRESSES, "aioice", "aiortc", "alembic", "numba", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Metrics:
    """The metrics of one service, in a registry of its own."""

    def __init__(self) -> None:
        """Register everything."""
        self.registry = CollectorRegistry()
        self.calls_active = Gauge("warmline_calls_active", "Calls with media now", registry=self.registry)
        self.calls = Counter(
            "warmline_calls_total", "Ended calls", ["transport", "result", "reason"], registry=self.registry
        )
        self.reply_seconds = Histogram(
            "warmline_reply_seconds",
            "From the caller's last speech sample to the bot's first answer audio",
            ["language"],
            buckets=(0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0),
            registry=self.registry,
        )
        self.fillers = Counter("warmline_fillers_total", "Fillers against dead air", registry=self.registry)
        self.trouble = Counter("warmline_trouble_total", "Failures by engine", ["engine"], registry=self.registry)
        self.loop_lag_seconds = Histogram(
            "warmline_media_tick_lag_seconds",
            "Lateness of the 20 ms media tick",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
            registry=self.registry,
        )
        self.leg_mos = Histogram(
            "warmline_leg_mos",
            "Estimated opinion of what a leg sounds like, each 10 s (E-model)",
            ["codec"],
            buckets=(1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.2, 4.5),
            registry=self.registry,
        )
        self.leg_loss = Histogram(
            "warmline_leg_loss_share",
            "Share of a leg's sound that was lost or late, each 10 s",
            ["codec"],
            buckets=(0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0),
            registry=self.registry,
        )
        self.leg_jitter_seconds = Histogram(
            "warmline_leg_jitter_seconds",
            "Interarrival jitter of a leg, each 10 s",
            ["codec"],
            buckets=(0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2),
            registry=self.registry,
        )
        self.leg_round_trip_seconds = Histogram(
            "warmline_leg_round_trip_seconds",
            "Round trip of a leg by RTCP, each 10 s; legs whose peer sends no reports are left out",
            ["codec"],
            buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0),
            registry=self.registry,
        )
        self.worker_restarts = Gauge(
            "warmline_worker_restarts", "Restarts of a worker process", ["worker"], registry=self.registry
        )

    def note_quality(self, codec: str, report: QualityReport) -> None:
        """Take the quality of one period of a leg."""
        self.leg_mos.labels(codec).observe(report.mos)
        self.leg_loss.labels(codec).observe(report.loss_share)
        self.leg_jitter_seconds.labels(codec).observe(report.jitter_ms / 1000)
        if report.round_trip_ms is not None:
            self.leg_round_trip_seconds.labels(codec).observe(report.round_trip_ms / 1000)
