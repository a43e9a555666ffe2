"""A client of Heavylift: images, PDF reports, mails and calls as durable background jobs."""

from .client import Heavylift
from .errors import (
    Conflict,
    HeavyliftError,
    InvalidRequest,
    JobFailed,
    NotFound,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
    WebhookRefused,
)
from .types import Event, File, Job, Upload
from .webhooks import verify_webhook

__version__ = "0.1.0"
__all__ = [
    "Conflict",
    "Event",
    "File",
    "Heavylift",
    "HeavyliftError",
    "InvalidRequest",
    "Job",
    "JobFailed",
    "NotFound",
    "RateLimited",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "Upload",
    "WebhookRefused",
    "verify_webhook",
]
