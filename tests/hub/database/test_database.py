"""The database is opened, brought up to date and shared by threads; one of a newer version is refused."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from lotwise.datasets.errors import InputError
from lotwise.hub.database import job_table, rollout_table, slot_tables, tables, user_tables
from lotwise.hub.database.columns import Base
from lotwise.hub.database.database import open_database
from lotwise.hub.database.nodes import decide, enrol, nodes_by_state
from lotwise.hub.reading import HubFile
from tests.hub.hub_files import write_hub
from tests.hub.postgresql_server import PostgresqlServer


def test_migrations_make_the_tables_that_the_code_knows(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    made = inspect(database.engine).get_table_names()
    known = (tables.NodeRow, job_table.JobRow, rollout_table.RolloutRow, user_tables.UserRow, slot_tables.SlotOrderRow)
    assert {one.__tablename__ for one in known} <= set(made)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_opening_again_changes_nothing(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.writing() as session:
        enrol(session, "ab" * 32, "lot", "key")
    database.close()
    again = open_database(any_hub)
    with again.reading() as session:
        assert [node.name for node in nodes_by_state(session)] == ["lot"]
    again.close()


def test_a_database_of_a_newer_version_is_refused(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(InputError, match=r"hub.*: was written by a newer version .*9999.*; update lotwise"):
        open_database(any_hub)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "hub-data").mkdir()
    (tmp_path / "hub-data" / "hub.sqlite").write_bytes(b"no database at all, only some text" * 100)
    with pytest.raises(InputError, match=r"hub\.sqlite: .*not a database"):
        open_database(write_hub(tmp_path))


def test_a_server_that_refuses_is_told_in_one_line_without_the_password(
    postgresql: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATABASE_PASSWORD", "wrong-hunter2")
    url = postgresql.new_database()
    database = f"database: {{url: '{url}', password: {{env: HUB_DATABASE_PASSWORD}}}}\n"
    with pytest.raises(InputError, match=r"password authentication failed .*; see that the server runs") as caught:
        open_database(write_hub(tmp_path, database))
    assert "hunter2" not in str(caught.value)
    away = f"database: {{url: 'postgresql://lotwise@/hub?host={tmp_path}'}}\n"
    with pytest.raises(InputError, match=r"No such file or directory.*; see that the server runs"):
        open_database(write_hub(tmp_path, away))


def test_a_reading_session_sees_one_state(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.reading() as session:
        assert nodes_by_state(session) == []
        with database.writing() as other:
            enrol(other, "ab" * 32, "lot", "key")
        assert nodes_by_state(session) == []
    with database.reading() as session:
        assert len(nodes_by_state(session)) == 1
    database.close()


def test_what_raises_leaves_nothing_behind(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with pytest.raises(RuntimeError), database.writing() as session:
        enrol(session, "ab" * 32, "lot", "key")
        raise RuntimeError
    with database.reading() as session:
        assert nodes_by_state(session) == []
    database.close()


def test_threads_that_read_and_then_write_take_turns(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.writing() as session:
        enrol(session, "ab" * 32, "lot", "key", software="0")

    failed: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(25):
                with database.writing() as session:
                    (node,) = nodes_by_state(session)
                    node.software = str(int(node.software) + 1)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as session:
        assert nodes_by_state(session)[0].software == "100"
    database.close()


def test_rows_of_a_node_go_with_it(any_hub: HubFile) -> None:
    from lotwise.hub.database.cameras import cameras_of, known_camera
    from lotwise.hub.database.nodes import remove

    database = open_database(any_hub)
    with database.writing() as session:
        node = enrol(session, "ab" * 32, "lot", "key")
        decide(session, node, "accepted")
        known_camera(session, node.fingerprint, "C1")
    with database.writing() as session:
        remove(session, node)
    with database.reading() as session:
        assert list(cameras_of(session)) == []
    database.close()
