"""Runs this tree's migrations over the connection that `app.db.migrate` hands in, inside its transaction."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
versions = context.config.attributes["versions"]

# Not IF NOT EXISTS: that asks for the right to create even where there is nothing to create.
if connection.scalar(text("select to_regnamespace('app')")) is None:
    connection.execute(text("create schema app"))

context.configure(connection=connection, version_table=versions.name, version_table_schema=versions.schema)

with context.begin_transaction():
    context.run_migrations()
