"""The call log of the configuration: opened by the service, and by commands beside it."""

from __future__ import annotations

from calls.errors import CallCentreError
from records.private import close_to_others, private_folder
from records.store import EventStore
from service.config import Config
from service.customers.open_records import clean_beside


def open_store(config: Config, *, to_serve: bool = False) -> EventStore:
    """Open the call log in the data folder, or where the configuration says.

    Args:
        config: Names the folder and the database.
        to_serve: Make the folder of recordings too, and close to others what lies there; else only look in.

    Raises:
        CallCentreError: `data_dir.unusable`, or what opening the database raises.
    """
    path = config.data_path
    try:
        private_folder(path)
        if to_serve:
            private_folder(config.recordings_path)
            close_to_others(path)
    except OSError as error:
        raise CallCentreError(
            "data_dir.unusable",
            f"The folder data_dir = {str(path)!r} cannot be written: {error.strerror}. "
            "Choose another or mend its rights.",
            fault="operator",
        ) from error
    store = EventStore.open_dir(path, url=config.database_url.get_secret_value())
    clean_beside(store)
    return store
