"""Fixtures that every floor's tests share."""

from tests.harness import house, running_app, worker
from tests.servers import database_url, redis_url, servers

__all__ = ["database_url", "house", "redis_url", "running_app", "servers", "worker"]
