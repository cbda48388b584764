"""Run by alembic for each upgrade, on the connection that the gateway hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from estuary.gateway.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=False)
context.run_migrations()
