"""Runs this tree's migrations over the connection that `app.db.migrate` hands in, inside its transaction."""

from alembic import context

versions = context.config.attributes["versions"]

context.configure(
    connection=context.config.attributes["connection"],
    version_table=versions.name,
    version_table_schema=versions.schema,
)

with context.begin_transaction():
    context.run_migrations()
