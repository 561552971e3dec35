"""Fixtures that every floor's tests share."""

from models.logs import configure_logs
from tests.harness import house, running_app, worker, worker_settings
from tests.machine import browser
from tests.servers import database_url, redis_url, servers
from tests.storage import object_storage, storage

configure_logs("warning")

__all__ = [
    "browser",
    "database_url",
    "house",
    "object_storage",
    "redis_url",
    "running_app",
    "servers",
    "storage",
    "worker",
    "worker_settings",
]
