"""The images that this hub built: which there are, when they were last launched, what may go."""

from .cleaner import CleanerSettings, ImageCleaner
from .disk import DiskUse, DockerDisk, DockerUse
from .launches import LaunchTimes
from .shelf import BuiltImage, ImageShelf

__all__ = [
    "BuiltImage",
    "CleanerSettings",
    "DiskUse",
    "DockerDisk",
    "DockerUse",
    "ImageCleaner",
    "ImageShelf",
    "LaunchTimes",
]
