"""What the database itself makes sure of: posted rows stay as they are, entries balance, numbers never repeat."""

from django.db import migrations

APPEND_ONLY = ["auditrecord", "seal", "entry", "line", "move", "printcopy", "approval"]

FORBID = """
CREATE FUNCTION books_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

BALANCE = """
CREATE FUNCTION books_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE off bigint;
BEGIN
    SELECT coalesce(sum(CASE WHEN side = '借' THEN amount ELSE -amount END), 0) INTO off
        FROM books_line WHERE entry_id = NEW.entry_id;
    IF off <> 0 THEN
        RAISE EXCEPTION 'entry % is off by % fen', NEW.entry_id, off USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON books_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION books_entry_balances();
"""

SNAPSHOT = """
CREATE FUNCTION books_snapshot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.slip IS DISTINCT FROM OLD.slip OR NEW.code <> OLD.code THEN
        RAISE EXCEPTION 'a voucher stays as it was taken' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER snapshot_stays BEFORE UPDATE OR DELETE ON books_voucher
    FOR EACH ROW EXECUTE FUNCTION books_snapshot_stays();
"""

AMOUNTS = """
CREATE FUNCTION books_amount_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the amount of a row of % is never edited, the row never deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
FIXED = {"refund": "total", "refundline": "amount", "refundcharge": "amount", "leg": "amount", "payment": "amount",
         "sale": "total", "saleline": "net", "charge": "amount"}


def forward() -> str:
    guards = "".join(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON books_{table}"
        " FOR EACH ROW EXECUTE FUNCTION books_append_only();\n"
        f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON books_{table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION books_append_only();\n"
        for table in APPEND_ONLY
    )
    fixed = "".join(
        f"CREATE TRIGGER amount_stays BEFORE UPDATE OF {column} ON books_{table} FOR EACH ROW"
        f" WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION books_amount_stays();\n"
        f"CREATE TRIGGER row_stays BEFORE DELETE ON books_{table}"
        " FOR EACH ROW EXECUTE FUNCTION books_amount_stays();\n"
        for table, column in FIXED.items()
    )
    return FORBID + guards + BALANCE + SNAPSHOT + AMOUNTS + fixed + "CREATE SEQUENCE books_refund_number;\n"


class Migration(migrations.Migration):
    dependencies = [("books", "0001_rows")]
    operations = [migrations.RunSQL(forward(), reverse_sql=migrations.RunSQL.noop)]
