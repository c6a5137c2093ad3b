"""What the models cannot say: statements are append-only, and figures are sorted with unknown last."""

from typing import Any

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER registry_statement_no_update BEFORE UPDATE ON registry_statement
    BEGIN SELECT RAISE(ABORT, '记载只能追加，不能修改'); END""",
    """CREATE TRIGGER registry_statement_no_delete BEFORE DELETE ON registry_statement
    BEGIN SELECT RAISE(ABORT, '记载只能追加，不能删除'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION registry_statement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '记载只能追加，不能修改或删除'; END $$""",
    """CREATE TRIGGER registry_statement_rows BEFORE UPDATE OR DELETE ON registry_statement
    FOR EACH ROW EXECUTE FUNCTION registry_statement_refuse()""",
    """CREATE TRIGGER registry_statement_truncate BEFORE TRUNCATE ON registry_statement
    FOR EACH STATEMENT EXECUTE FUNCTION registry_statement_refuse()""",
]
SORTED = ("revenue", "employees", "founded_on")


def make(apps: Any, schema_editor: Any) -> None:
    """Runs the statements of this database."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    last = " NULLS LAST" if postgresql else ""  # SQLite sorts unknown figures last as it is
    for statement in POSTGRESQL if postgresql else SQLITE:
        schema_editor.execute(statement)
    for column in SORTED:
        # Wide lists are filtered within the index that orders them.
        schema_editor.execute(
            f"CREATE INDEX registry_enterprise_by_{column} "
            f"ON registry_enterprise ({column} DESC{last}, record_id, region, industry, size)"
        )


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
