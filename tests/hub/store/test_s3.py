"""Against an S3 server of the test's own, where s3fs, Moto and Flask are installed, as with ``[dev]``."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.reading import HubFile
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.open import open_store
from lotwise.hub.store.remote import RemoteStore
from lotwise.hub.store.store import NotStored
from tests.hub.hub_files import write_hub

moto = pytest.importorskip("moto.server", reason="no S3 server here; pip install 'lotwise[dev]'")
s3fs = pytest.importorskip("s3fs", reason="no S3 client here; pip install 'lotwise[dev]'")
CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEY = frame_key("ab12", "C1", DIGEST)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubFile]:
    """A hub whose store is a bucket that is there."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    monkeypatch.setenv("S3_KEY", "testing")
    monkeypatch.setenv("S3_SECRET", "testing-secret")
    url = f"http://127.0.0.1:{port}"
    files = s3fs.S3FileSystem(key="testing", secret="testing-secret", endpoint_url=url, skip_instance_cache=True)
    if not files.exists("parking"):  # the server of the test before has left it
        files.mkdir("parking")
    options = f"{{endpoint_url: '{url}', key: {{env: S3_KEY}}, secret: {{env: S3_SECRET}}}}"
    yield write_hub(tmp_path, f"store:\n  url: s3://parking/city\n  options: {options}\n")
    server.stop()


def test_a_frame_goes_to_s3_and_comes_back(hub: HubFile, tmp_path: Path) -> None:
    store = open_store(hub)
    assert isinstance(store, RemoteStore)
    (tmp_path / "received").write_bytes(CONTENT)
    store.put(KEY, tmp_path / "received")
    assert [file.key for file in store.files("frames")] == [KEY]
    store.forget_copies(-1)
    assert store.local(KEY, DIGEST).read_bytes() == CONTENT
    store.remove(KEY)
    store.remove(KEY)
    with pytest.raises(NotStored):
        store.local(KEY, DIGEST)


def test_a_bucket_that_is_not_there_is_told(hub: HubFile) -> None:
    elsewhere = hub.settings.store.model_copy(update={"url": "s3://nobody/city"})
    with pytest.raises(InputError, match="there is no such bucket or folder; make it first"):
        open_store(HubFile(hub.path, hub.settings.model_copy(update={"store": elsewhere})))
