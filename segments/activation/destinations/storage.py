"""The files of activations: those of a run in a folder of their own, whose name tells nothing."""

from datetime import timedelta

from profiles.vault.sealed_files import Folder
from segments.activation.destinations.base import DestinationFile


def folder(name: str) -> Folder:
    """The folder of one run."""
    return Folder(f"activations/{name}")


def folders_older_than(age: timedelta) -> list[str]:
    """Names of the folders of runs in which nothing was written since `age`."""
    return Folder("activations").older_than(age)


def store(name: str, files: list[DestinationFile]) -> None:
    for file in files:
        folder(name).keep([file.content], name=file.name)
