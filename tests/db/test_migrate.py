"""Schemas are migrated once, whoever starts, and foreign schemas stay unchanged."""

import ast
import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from app.db import migrate
from app.db.migrate import ForeignSchema, NewerSchema, Tree
from app.db.roles import Urls

TREES: tuple[Tree, ...] = ("app", "market")
MIGRATIONS = Path(migrate.__file__).parent / "migrations"


def url_of(tree: Tree, urls: Urls) -> str:
    return urls.owner if tree == "app" else urls.engine


@pytest.mark.parametrize("tree", TREES)
async def test_an_empty_database_is_brought_to_the_newest_revision(urls: Urls, tree: Tree) -> None:
    url = url_of(tree, urls)
    assert await migrate.version(tree, url) is None

    await migrate.migrate(tree, url)
    await migrate.migrate(tree, url)

    assert await migrate.version(tree, url) == migrate.head(tree)


async def test_many_that_start_together_migrate_once(urls: Urls) -> None:
    await asyncio.gather(*(migrate.migrate(tree, url_of(tree, urls)) for tree in TREES for _ in range(3)))

    for tree in TREES:
        assert await migrate.version(tree, url_of(tree, urls)) == migrate.head(tree)


async def test_a_foreign_market_schema_is_never_altered(urls: Urls, superuser: asyncpg.Connection) -> None:
    await superuser.execute("create table symbols (symbol text); create view daily_patterns as select 1 as one")
    before = await schema_objects(superuser)

    with pytest.raises(ForeignSchema) as refusal:
        await migrate.migrate("market", urls.engine)

    assert refusal.value.tables == ("daily_patterns", "symbols")
    assert await schema_objects(superuser) == before


async def test_our_own_schema_goes_beside_a_foreign_market(urls: Urls, superuser: asyncpg.Connection) -> None:
    await superuser.execute("create table symbols (symbol text); create table users (id int)")

    await migrate.migrate("app", urls.owner)

    assert await migrate.version("app", urls.own) == migrate.head("app")


async def test_a_schema_of_a_later_release_is_left_alone(urls: Urls, superuser: asyncpg.Connection) -> None:
    await migrate.migrate("app", urls.owner)
    await superuser.execute("update app.alembic_version set version_num = '9999'")

    with pytest.raises(NewerSchema):
        await migrate.migrate("app", urls.owner)


@pytest.mark.parametrize("tree", TREES)
def test_revisions_are_numbered_as_their_files_and_follow_each_other(tree: Tree) -> None:
    files = sorted((MIGRATIONS / tree / "versions").glob("*.py"))
    revisions = [constants(path) for path in files]

    assert [revision for revision, _ in revisions] == [path.name[:4] for path in files]
    assert [below for _, below in revisions] == [None, *(revision for revision, _ in revisions[:-1])]


def test_checking_the_version_does_not_import_alembic() -> None:
    script = "import sys, app.db.migrate; sys.exit('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], cwd=MIGRATIONS.parents[2]).returncode == 0


@pytest.mark.parametrize("change", ["update app.audit set action = 'b'", "delete from app.audit", "truncate app.audit"])
async def test_the_audit_table_is_append_only(urls: Urls, change: str) -> None:
    await migrate.migrate("app", urls.owner)
    link = await asyncpg.connect(urls.own)
    await link.execute("insert into app.audit (actor, action) values ('alice', 'a')")

    owner = await asyncpg.connect(urls.owner)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await link.execute(change)
    with pytest.raises(asyncpg.RaiseError):
        await owner.execute(change)

    assert await link.fetchval("select count(*) from app.audit") == 1
    await link.close()
    await owner.close()


async def test_an_address_is_unique_whatever_its_case(urls: Urls) -> None:
    await migrate.migrate("app", urls.owner)
    link = await asyncpg.connect(urls.own)
    await link.execute("insert into app.users (email, password_hash) values ('Alice@example.com', 'x')")

    with pytest.raises(asyncpg.UniqueViolationError):
        await link.execute("insert into app.users (email, password_hash) values ('alice@EXAMPLE.com', 'x')")

    await link.close()


def constants(path: Path) -> tuple[object, object]:
    values = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return values["revision"], values["down_revision"]


async def schema_objects(link: asyncpg.Connection) -> list[tuple[object, ...]]:
    rows = await link.fetch("select oid, relname, relkind, relnatts from pg_class where relnamespace > 16000 or "
                            "relnamespace = 'public'::regnamespace order by oid")  # fmt: skip
    return [tuple(row) for row in rows]
