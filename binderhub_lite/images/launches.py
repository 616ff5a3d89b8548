"""When each image was last launched."""

import logging
import time
from pathlib import Path

from ..launch.data_dir import DataDir
from ..launch.slots import slots_below

log = logging.getLogger(__name__)

FILE = "launches.json"
KEPT = 2_000


class LaunchTimes:
    """Remembers when each image was last launched, in the data directory.

    Every launch is written down at once, so that a killed process has lost none.
    """

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._of_others: Path | None = None
        self._times = _read(data_dir)

    @classmethod
    def of_directories(cls, path: Path) -> "LaunchTimes":
        """What was noted in a data directory and in those of `binderhub-lite launch` below it.

        For reading: it is for the processes that own them to write.
        """
        times = cls(DataDir(path))
        times._of_others = path
        times.refresh()
        return times

    def refresh(self) -> None:
        """Read what other processes have noted by now; of our own, nothing is new."""
        if self._of_others is None:
            return
        for directory in [self._of_others, *slots_below(self._of_others)]:
            for image, launched in _read(DataDir(directory)).items():
                self._times[image] = max(launched, self._times.get(image, 0))

    def last(self, image: str) -> float | None:
        """When the image was last launched, in seconds since the epoch; None: never."""
        return self._times.get(image)

    def record(self, image: str) -> None:
        """Note that the image is launched now."""
        self._times[image] = time.time()
        if len(self._times) > KEPT:
            newest = sorted(self._times.items(), key=lambda item: item[1])[-KEPT:]
            self._times = dict(newest)
        try:
            self._data_dir.write(FILE, self._times)
        except OSError as error:
            # A launch is worth more than the note of it, above all when the disk is full.
            log.warning("The launch of %s could not be noted: %s", image, error)


def _read(data_dir: DataDir) -> dict[str, float]:
    content = data_dir.read(FILE)
    return {
        image: float(launched)
        for image, launched in content.items()
        if isinstance(launched, int | float)
    }
