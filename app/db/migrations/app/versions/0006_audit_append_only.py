"""The audit may be added to and read by others than its owner, and nothing else."""

from alembic import op

revision = "0006"
down_revision = "0005"

# The owner is whoever migrates. Where that is the web process' role itself, there is nobody to take a right from.
REVOKE = """
do $$
declare grantee name;
begin
  for grantee in
    select distinct pg_get_userbyid(entry.grantee)
      from pg_class, aclexplode(relacl) as entry
     where oid = 'app.audit'::regclass and entry.grantee not in (0, relowner)
  loop
    execute format('revoke update, delete, truncate, references, trigger on app.audit from %I', grantee);
  end loop;
  revoke update, delete, truncate, references, trigger on app.audit from public;
end $$
"""


def upgrade() -> None:
    op.execute(REVOKE)


def downgrade() -> None:
    """What was granted is not known any more."""
