"""What is counted and timed, under the names that BinderHub's monitors read."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

# BinderHub's buckets are among these, and finer ones: a machine of one's own is quicker.
BUILD_BUCKETS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, float("inf"))
LAUNCH_BUCKETS = (0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600, float("inf"))


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.build_time = Histogram(
            "binderhub_build_time_seconds",
            "Seconds that builds took",
            ["status"],
            buckets=BUILD_BUCKETS,
            registry=registry,
        )
        self.launch_time = Histogram(
            "binderhub_launch_time_seconds",
            "Seconds that launches took",
            ["status", "retries"],
            buckets=LAUNCH_BUCKETS,
            registry=registry,
        )
        self.build_count = Counter(
            "binderhub_build_count",
            "Requests that built",
            ["status", "provider", "repo"],
            registry=registry,
        )
        self.launch_count = Counter(
            "binderhub_launch_count", "Launches", ["status", "provider", "repo"], registry=registry
        )
        self.builds_in_progress = Gauge(
            "binderhub_inprogress_builds", "Builds that run now", registry=registry
        )
        self.launches_in_progress = Gauge(
            "binderhub_inprogress_launches", "Launches under way now", registry=registry
        )
        self.github_rate_limit = Gauge(
            "binderhub_github_rate_limit_remaining",
            "Requests that GitHub's API still answers, NaN when it was not asked yet",
            registry=registry,
        )
        self.images_removed = Counter(
            "binderhub_images_removed", "Images removed to make room", registry=registry
        )
        self.image_bytes_removed = Counter(
            "binderhub_image_bytes_removed",
            "Bytes that became free by removing images",
            registry=registry,
        )
        self.docker_disk_use = Gauge(
            "binderhub_docker_disk_use_ratio",
            "How full the disk of Docker's data is, from 0 to 1",
            registry=registry,
        )
