"""When images are removed to make room."""

from traitlets import HasTraits, Integer, List, Unicode

from ..images import CleanerSettings


class DiskOptions(HasTraits):
    """When images are removed to make room."""

    image_gc_high = Integer(
        80,
        min=1,
        max=100,
        help="When more than this percentage of the disk of Docker's data is used, images that "
        "were built here are removed, least recently launched first, with unused build cache.",
    ).tag(config=True)
    image_gc_low = Integer(
        60, min=0, max=99, help="The percentage at which enough images are removed."
    ).tag(config=True)
    image_gc_interval = Integer(
        60, min=0, help="Seconds between two looks at the disk; 0: never look, remove nothing."
    ).tag(config=True)
    image_gc_keep = List(
        Unicode(),
        help="Images that always stay: regular expressions, each searched for in the repository's "
        "URL and in the image's name, such as '^https://github.com/our-course/'.",
    ).tag(config=True)

    def cleaner_settings(self) -> CleanerSettings:
        return CleanerSettings.of(
            self.image_gc_high, self.image_gc_low, self.image_gc_interval, self.image_gc_keep
        )
