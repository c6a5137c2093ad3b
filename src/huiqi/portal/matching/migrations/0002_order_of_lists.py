"""The order in which officers read lists: one support, one answer, the largest amount first."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# SQLite holds NULL for the least of all, PostgreSQL for the greatest: where it comes last must be said.
LAST = {"postgresql": " NULLS LAST"}
NAME = "matching_entitlement_owed"


def make(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
    last = LAST.get(schema.connection.vendor, "")
    schema.execute(
        f"CREATE INDEX {NAME} ON matching_entitlement "
        f"(support_id, answer, low DESC{last}, high DESC{last}, id, "
        "region, size, industry, since, until, record_id)"
    )


def drop(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
    schema.execute(f"DROP INDEX {NAME}")


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]
    operations = [migrations.RunPython(make, drop, elidable=False)]
