"""From a hub file to its store."""

from __future__ import annotations

from urllib.parse import urlsplit

from lotwise.cameras.site.secret import Secret
from lotwise.datasets.errors import InputError
from lotwise.hub.reading import HubFile
from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.remote import RemoteStore
from lotwise.hub.store.store import Store

INSTALL = {"s3": "pip install 'lotwise[s3]'"}
"""How to get what speaks a protocol; for others fsspec's own words stand."""

WRITTEN_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"})
"""Protocols at which an object is there once all of it was sent; at others it is renamed then."""


def open_store(file: HubFile) -> Store:
    """The store of a hub, by default its data folder, found to be writable.

    Raises:
        InputError: its library is missing, a credential cannot be read, or it cannot be written to.
    """
    settings = file.settings.store
    store: Store = FolderStore(file.settings.data) if settings.url is None else _remote(file, settings.url)
    try:
        store.check()
    except OSError as error:
        where = settings.url or file.settings.data
        raise InputError(
            f"{file.path}: store: {where} cannot be written to ({error.strerror}); mend url, options or rights"
        ) from error
    return store


def _remote(file: HubFile, url: str) -> RemoteStore:
    import fsspec  # heavy, and read only where a store is not a folder

    settings, base = file.settings.store, file.path.parent
    options: dict[str, object] = {}
    secrets = []
    for name, value in settings.options.items():
        options[name] = value
        if isinstance(value, Secret):
            options[name] = value.read(base)
            secrets.append(value.read(base))
    parts = urlsplit(url)
    protocol = parts.scheme
    if protocol == "file" and (parts.netloc or not parts.path.strip("/")):
        raise InputError(f"{file.path}: store.url: {url}: give file:///path of a folder, with three slashes")
    try:
        files, root = fsspec.core.url_to_fs(url, **options)
        if protocol == "file":
            files.auto_mkdir = True
    except ImportError as error:
        how = INSTALL.get(protocol, " ".join(str(error).split()))
        raise InputError(f"{file.path}: store.url: {protocol}:// needs a package that is not here; {how}") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{file.path}: store: {' '.join(str(error).split())}; mend url or options") from error
    return RemoteStore(files, root, file.settings.data, url, tuple(secrets), protocol in WRITTEN_WHOLE)
