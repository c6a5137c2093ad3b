"""What the models cannot say: the audit is append-only, and texts have a search index."""

from typing import Any

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER base_auditentry_no_update BEFORE UPDATE ON base_auditentry
    BEGIN SELECT RAISE(ABORT, '审计记录只能追加，不能修改'); END""",
    """CREATE TRIGGER base_auditentry_no_delete BEFORE DELETE ON base_auditentry
    BEGIN SELECT RAISE(ABORT, '审计记录只能追加，不能删除'); END""",
    """CREATE VIRTUAL TABLE base_searchindex USING fts5
    (body, content='base_searchtext', content_rowid='id', tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER base_searchtext_insert AFTER INSERT ON base_searchtext BEGIN
    INSERT INTO base_searchindex (rowid, body) VALUES (new.id, new.body); END""",
    """CREATE TRIGGER base_searchtext_delete AFTER DELETE ON base_searchtext BEGIN
    INSERT INTO base_searchindex (base_searchindex, rowid, body)
    VALUES ('delete', old.id, old.body); END""",
    """CREATE TRIGGER base_searchtext_update AFTER UPDATE ON base_searchtext BEGIN
    INSERT INTO base_searchindex (base_searchindex, rowid, body)
    VALUES ('delete', old.id, old.body);
    INSERT INTO base_searchindex (rowid, body) VALUES (new.id, new.body); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION base_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '审计记录只能追加，不能修改或删除'; END $$""",
    """CREATE TRIGGER base_auditentry_rows BEFORE UPDATE OR DELETE ON base_auditentry
    FOR EACH ROW EXECUTE FUNCTION base_auditentry_refuse()""",
    """CREATE TRIGGER base_auditentry_truncate BEFORE TRUNCATE ON base_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION base_auditentry_refuse()""",
    """CREATE INDEX base_searchtext_words ON base_searchtext
    USING gin (to_tsvector('simple', body))""",
]


def make(apps: Any, schema_editor: Any) -> None:
    """Runs the statements of this database."""
    vendor = schema_editor.connection.vendor
    for statement in POSTGRESQL if vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
