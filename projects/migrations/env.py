"""Run the migrations on the connection that the caller has put into the configuration."""

from alembic import context

from datasetbuilder.projects.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # The caller holds the transaction, so that all steps become visible together.
    transactional_ddl=False,
)
context.run_migrations()
