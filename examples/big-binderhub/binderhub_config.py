"""The configuration of a BinderHub on a cluster, as it is; it serves on one machine, too.

Try it: binderhub-lite --config examples/big-binderhub/binderhub_config.py
(The hub at hub_url is not there: pages and builds work, launches do not.)
"""

import os
from urllib.parse import urlparse

from binderhub.build import KubernetesBuildExecutor
from binderhub.quota import KubernetesLaunchQuota
from binderhub.registry import DockerRegistry
from binderhub.repoproviders import (
    DataverseProvider,
    FigshareProvider,
    GistRepoProvider,
    GitHubRepoProvider,
    GitLabRepoProvider,
    GitRepoProvider,
    HydroshareProvider,
    ZenodoProvider,
)

# --- the server
c.BinderHub.debug = False
c.BinderHub.port = 8585
c.BinderHub.base_url = "/"
c.BinderHub.executor_threads = 8
c.BinderHub.cors_allow_origin = "*"
c.BinderHub.tornado_settings.update(
    {"slow_spawn_timeout": 0, "headers": {"Strict-Transport-Security": "max-age=31536000"}}
)
c.BinderHub.ban_networks = {"198.51.100.0/24": "too many launches in March"}
c.BinderHub.allowed_metrics_ips = {"10.0.0.0/8", "127.0.0.1"}
c.BinderHub.build_token_secret = os.environ.get("BINDER_TOKEN_SECRET", "5a" * 32)
c.BinderHub.build_token_expires_seconds = 600

# --- the hub
c.BinderHub.hub_url = os.environ.get("BINDER_HUB_URL", "https://hub.binder.example.org/")
c.BinderHub.hub_url_local = "http://proxy-public/"
c.BinderHub.hub_api_token = os.environ.get("BINDER_HUB_TOKEN", "a-token-of-the-hub")
c.BinderHub.auth_enabled = False
if c.BinderHub.auth_enabled:
    hub = urlparse(c.BinderHub.hub_url)
    c.HubOAuth.hub_host = f"{hub.scheme}://{hub.netloc}"
    c.HubOAuth.base_url = c.BinderHub.base_url
c.BinderHub.use_named_servers = False

# --- builds
c.BinderHub.build_class = KubernetesBuildExecutor
c.BinderHub.build_cleanup_interval = 120
c.BinderHub.build_namespace = "binder-builds"
c.BinderHub.builder_required = True
c.BinderHub.concurrent_build_limit = 24
c.BinderHub.image_prefix = "registry.example.org/binder/r2d-"
c.BinderHub.sticky_builds = True
c.BuildExecutor.appendix = """
USER root
ENV BINDER_URL={binder_url} PERSISTENT_BINDER_URL={persistent_binder_url}
ENV REPO_URL={repo_url} REF_URL={ref_url}
USER $NB_USER
"""
c.BuildExecutor.memory_limit = "3G"
c.BuildExecutor.push_secret = "binder-build-docker-config"
c.KubernetesBuildExecutor.build_image = "quay.io/jupyterhub/repo2docker:2026.4.0"
c.KubernetesBuildExecutor.docker_host = "/var/run/docker.sock"
c.KubernetesBuildExecutor.log_tail_lines = 200
c.KubernetesBuildExecutor.memory_request = "1G"
c.KubernetesBuildExecutor.node_selector = {}
c.KubernetesCleaner.max_age = 3600

# --- images
c.BinderHub.registry_class = DockerRegistry
c.DockerRegistry.url = "https://registry.example.org"
c.DockerRegistry.username = "binder"
c.DockerRegistry.password = "not-a-real-one"

# --- launches
c.BinderHub.launch_quota_class = KubernetesLaunchQuota
c.BinderHub.per_repo_quota = 100
c.BinderHub.per_repo_quota_higher = 200
c.KubernetesLaunchQuota.total_quota = 400
c.Launcher.retries = 3
c.Launcher.retry_delay = 2
c.Launcher.launch_timeout = 300
c.RateLimiter.limit = 20
c.RateLimiter.period_seconds = 3600

# --- where repositories come from
c.BinderHub.repo_providers = {
    "gh": GitHubRepoProvider,
    "gist": GistRepoProvider,
    "git": GitRepoProvider,
    "gl": GitLabRepoProvider,
    "zenodo": ZenodoProvider,
    "figshare": FigshareProvider,
    "hydroshare": HydroshareProvider,
    "dataverse": DataverseProvider,
}
c.RepoProvider.banned_specs = ["^spammer/.*"]
c.GitHubRepoProvider.high_quota_specs = ["^jupyter/.*", "^ipython/.*"]
c.GitHubRepoProvider.spec_config = [{"pattern": "^workshop/.*", "config": {"quota": 300}}]


# --- the pages
def badge_base_url(handler):
    """Badges name the site that people come from, where it is one of ours."""
    site = urlparse(handler.request.headers.get("Referer", ""))
    if (site.hostname or "").endswith(".binder.example.org"):
        return f"{site.scheme}://{site.netloc}/"
    return ""


c.BinderHub.badge_base_url = badge_base_url
c.BinderHub.about_message = "<p>Run by the example.org team.</p>"
c.BinderHub.banner_message = "<a href='https://example.org/donate'>Thank you</a> for giving."
c.BinderHub.default_opengraph_title = "The Example Binder"
c.BinderHub.extra_footer_scripts = {"01-count": "window.visits = (window.visits || 0) + 1;"}
c.BinderHub.google_analytics_code = "G-EXAMPLE"
c.BinderHub.google_analytics_domain = "binder.example.org"
c.BinderHub.normalized_origin = "binder.example.org"
c.BinderHub.template_variables = {"EXTRA_STATIC_URL_PREFIX": "/extra_static/"}
