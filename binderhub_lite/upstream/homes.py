"""Classes and options that a big BinderHub has: the same thing under another name, or no thing.

Every option here is one of two kinds. A `moved` one is another option's second name. One
that is `only_on_a_cluster` has no effect on one machine; its help says what happens instead.
"""

from traitlets import Any, HasTraits
from traitlets.config import Configurable

MOVED_TO = "moved_to"
INSTEAD = "instead"


def moved(target: str) -> Any:
    """An option that is the same as `target`, such as `BinderHub.appendix`."""
    return Any(help=f"The same as c.{target}.").tag(config=True, **{MOVED_TO: target})


def only_on_a_cluster(instead: str) -> Any:
    """An option that is accepted, with a warning that says what happens `instead`."""
    return Any(help=f"Without effect on one machine: {instead}.").tag(
        config=True, **{INSTEAD: instead}
    )


IMAGES_STAY = "images stay in this machine's Docker, no registry is asked"
BUILDS_ARE_OURS = "builds are repo2docker containers of this machine's Docker"
HUB_IS_KNOWN = "the hub is the one at c.BinderHub.hub_url"
LOGINS_ARE_OURS = "logins, their cookies and the hub's answers are kept as they are"
QUOTAS_ARE_OURS = "quotas count the servers of this machine's Docker"


class ClusterOptions(HasTraits):
    """Options of `c.BinderHub` that only a Kubernetes cluster can honour."""

    build_class = only_on_a_cluster(BUILDS_ARE_OURS)
    build_cleaner_class = only_on_a_cluster(
        "ended and expired builds are removed every c.BinderHub.build_cleanup_interval seconds"
    )
    build_docker_config = only_on_a_cluster(
        "name a whole Docker config.json with c.BinderHub.push_secret"
    )
    build_memory_request = only_on_a_cluster("c.BinderHub.build_memory_limit bounds a builder")
    health_handler_class = only_on_a_cluster("/health checks the hub and Docker")
    launch_quota_class = only_on_a_cluster(QUOTAS_ARE_OURS)
    registry_class = only_on_a_cluster(IMAGES_STAY)
    sticky_builds = only_on_a_cluster("all builds share this machine's build cache")


class HubAuth(Configurable):
    """What JupyterHub lets its services say of the hub; `c.BinderHub` says it here."""

    access_scopes = only_on_a_cluster(LOGINS_ARE_OURS)
    allow_token_in_url = only_on_a_cluster(LOGINS_ARE_OURS)
    allow_websocket_cookie_auth = only_on_a_cluster(LOGINS_ARE_OURS)
    api_token = only_on_a_cluster("it is c.BinderHub.hub_api_token")
    api_url = only_on_a_cluster(HUB_IS_KNOWN)
    base_url = only_on_a_cluster("it is c.BinderHub.base_url")
    cache_max_age = only_on_a_cluster(LOGINS_ARE_OURS)
    certfile = only_on_a_cluster(LOGINS_ARE_OURS)
    client_ca = only_on_a_cluster(LOGINS_ARE_OURS)
    cookie_host_prefix_enabled = only_on_a_cluster(LOGINS_ARE_OURS)
    cookie_options = only_on_a_cluster(LOGINS_ARE_OURS)
    hub_host = only_on_a_cluster(HUB_IS_KNOWN)
    hub_prefix = only_on_a_cluster(HUB_IS_KNOWN)
    keyfile = only_on_a_cluster(LOGINS_ARE_OURS)
    login_url = only_on_a_cluster(HUB_IS_KNOWN)
    oauth_authorization_url = only_on_a_cluster(HUB_IS_KNOWN)
    oauth_state_max_age = only_on_a_cluster(LOGINS_ARE_OURS)
    oauth_token_url = only_on_a_cluster(HUB_IS_KNOWN)
    pkce_enabled = only_on_a_cluster(LOGINS_ARE_OURS)


class BuildExecutor(Configurable):
    """Newer homes of the options of builds."""

    appendix = moved("BinderHub.appendix")
    build_image = moved("BinderHub.build_image")
    docker_host = moved("BinderHub.build_docker_host")
    log_tail_lines = moved("BinderHub.log_tail_lines")
    memory_limit = moved("BinderHub.build_memory_limit")
    namespace = moved("BinderHub.build_namespace")
    node_selector = moved("BinderHub.build_node_selector")
    push_secret = moved("BinderHub.push_secret")
    repo2docker_extra_args = moved("BinderHub.repo2docker_extra_args")


class KubernetesBuildExecutor(BuildExecutor):
    """The name of builds on a cluster."""

    extra_envs = only_on_a_cluster("a builder's environment is its image's")
    image_pull_secrets = only_on_a_cluster("`docker login` lets Docker pull the builder image")
    memory_request = only_on_a_cluster("c.BinderHub.build_memory_limit bounds a builder")
    resources = only_on_a_cluster("c.BinderHub.build_memory_limit bounds a builder")
    sticky_builds = only_on_a_cluster("all builds share this machine's build cache")


class LocalRepo2dockerBuild(BuildExecutor):
    """The name of BinderHub's own builds without a cluster."""


class FakeBuild(BuildExecutor):
    """The name of BinderHub's build for work on pages."""


class KubernetesCleaner(Configurable):
    """What removes old builds on a cluster."""

    max_age = moved("BinderHub.build_max_age")
    namespace = moved("BinderHub.build_namespace")


class KubernetesHealthHandler(Configurable):
    """What answers /health on a cluster."""


class KubernetesLaunchQuota(Configurable):
    """What counts servers on a cluster."""

    namespace = moved("BinderHub.build_namespace")
    total_quota = moved("BinderHub.pod_quota")


class DockerRegistry(Configurable):
    """A registry that images would be pushed to."""

    auth_config_url = only_on_a_cluster(IMAGES_STAY)
    docker_config_path = only_on_a_cluster(IMAGES_STAY)
    not_found_401 = only_on_a_cluster(IMAGES_STAY)
    password = only_on_a_cluster(IMAGES_STAY)
    token_url = only_on_a_cluster(IMAGES_STAY)
    url = only_on_a_cluster(IMAGES_STAY)
    username = only_on_a_cluster(IMAGES_STAY)


class AWSElasticContainerRegistry(DockerRegistry):
    """Amazon's registry."""

    aws_region = only_on_a_cluster(IMAGES_STAY)


class GoogleArtifactRegistry(DockerRegistry):
    """Google's registry."""


class ExternalRegistryHelper(DockerRegistry):
    """A registry behind a service of its own."""

    auth_token = only_on_a_cluster(IMAGES_STAY)
    service_url = only_on_a_cluster(IMAGES_STAY)


class FakeRegistry(DockerRegistry):
    """The name of BinderHub's registry for tests."""


# Bases first: the documentation tells what they share once.
UPSTREAM_CLASSES: list[type[Configurable]] = [
    HubAuth,
    BuildExecutor,
    KubernetesBuildExecutor,
    LocalRepo2dockerBuild,
    FakeBuild,
    KubernetesCleaner,
    KubernetesHealthHandler,
    KubernetesLaunchQuota,
    DockerRegistry,
    AWSElasticContainerRegistry,
    GoogleArtifactRegistry,
    ExternalRegistryHelper,
    FakeRegistry,
]
