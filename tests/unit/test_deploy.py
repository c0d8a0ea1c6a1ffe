"""The files of `deploy/`: what they name exists in the code, what they promise of safety holds. No engine runs here.

`make deploy-check` puts them before the tools that know their formats.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from prometheus_client.parser import text_string_to_metric_families

from cinedex.app import cli
from cinedex.app.server.application import application
from cinedex.app.server.watching import Watch
from cinedex.settings import _READERS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"

DOCKERFILES = ("Dockerfile", "Dockerfile.cuda")
SETTINGS = {f"CINEDEX_{name}" for name in _READERS} | {"CINEDEX_LOG"}


def _text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def _yaml(name: str) -> Any:
    return yaml.safe_load(_text(name))


def _manifests() -> Iterator[dict[str, Any]]:
    for name in _yaml("kubernetes/kustomization.yaml")["resources"]:
        yield from yaml.safe_load_all(_text(f"kubernetes/{name}"))


def _manifest(kind: str) -> dict[str, Any]:
    return next(m for m in _manifests() if m["kind"] == kind)


COMPOSE = _yaml("compose.yaml")
POD = _manifest("Deployment")["spec"]["template"]["spec"]
SERVER, WORKER = POD["containers"]


def _commands() -> dict[str, list[str]]:
    """Every command line of ours that the files run."""
    found = {name: json.loads(re.findall(r"^CMD (\[.*\])$", _text(name), re.MULTILINE)[-1]) for name in DOCKERFILES}
    found |= {
        f"compose {n}": s["command"]
        for n, s in COMPOSE["services"].items()
        if "cinedex:" in s["image"] and "command" in s
    }
    found |= {f"kubernetes {c['name']}": c["args"] for c in (*POD["initContainers"], SERVER, WORKER)}
    comment = re.findall(r"docker compose run --rm cinedex ([^`\n&]+)", _text("compose.yaml"))
    return found | {f"comment {line}": shlex.split(line) for line in comment}


@pytest.mark.parametrize("name", list(_commands()))
def test_the_commands_that_are_run_exist_with_their_options(name: str):
    command: Any = typer.main.get_command(cli.app)
    words = list(_commands()[name])
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    with command.make_context(name, words, resilient_parsing=False):
        pass


def test_every_setting_is_one():
    named = {
        *re.findall(r"\bCINEDEX_[A-Z_]+\b", "".join(_text(n) for n in DOCKERFILES)),
        *COMPOSE["x-cinedex"]["environment"],
        *_manifest("ConfigMap")["data"],
        *_yaml("kubernetes/secret.example.yaml")["stringData"],
    }
    assert named <= SETTINGS
    assert len(named) >= 6


def test_every_variable_of_compose_is_in_the_example():
    used = set(re.findall(r"\$\{([A-Z_]+)", _text("compose.yaml")))
    given = set(re.findall(r"^([A-Z_]+)=", _text("example.env"), re.MULTILINE))
    assert given <= used
    required = set(re.findall(r"\$\{([A-Z_]+):\?", _text("compose.yaml")))
    assert required <= given
    assert "/deploy/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_the_images_install_extras_that_exist_by_the_lock():
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in DOCKERFILES:
        text = _text(name)
        (wanted,) = re.findall(r"^ARG EXTRAS=(.+)$", text, re.MULTILINE)
        assert {"server", "oidc", "otel", "postgres", "redis"} <= set(wanted.split(",")) <= set(extras)
        assert "--constraint requirements.lock" in text
        assert "\nUSER 10001:10001\n" in text.rsplit("\nFROM ", 1)[1]
        assert "HEALTHCHECK" in text
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
            for source in line.split():
                assert (ROOT / source).exists()
                assert f"!{source}" in allowed, f"{source} does not reach the build"


def test_compose_shows_nothing_but_the_service_and_that_on_loopback():
    for name, service in COMPOSE["services"].items():
        ports = service.get("ports", [])
        assert bool(ports) == (name == "server")
        assert all(port.startswith("127.0.0.1:") for port in ports)
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["networks"] == ["inside"]
        assert COMPOSE["services"]["server"]["depends_on"][name] == {"condition": "service_healthy"}
        assert "healthcheck" in COMPOSE["services"][name]
    for name in ("server", "worker"):
        ours = COMPOSE["services"][name]
        assert (ours["read_only"], ours["cap_drop"], ours["user"]) == (True, ["ALL"], "10001:10001")


def test_no_secret_is_in_the_files():
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for value in re.findall(r"(?im)^\s*[\w\"']*password[\"']?[ \t]*[:=][ \t]*(\S+)", text):
                assert value.startswith("${"), f"{path.name}: {value}"
            assert not re.search(r"://[a-z]+:(?!\$|PASSWORD)[^@/\s]+@", text), path.name


def test_the_pod_may_nothing_that_it_need_not():
    assert POD["automountServiceAccountToken"] is False
    assert POD["securityContext"]["runAsNonRoot"] is True
    for container in (*POD["initContainers"], SERVER, WORKER):
        locked = container["securityContext"]
        assert (locked["allowPrivilegeEscalation"], locked["readOnlyRootFilesystem"]) == (False, True)
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(container["resources"])
    assert POD["terminationGracePeriodSeconds"] >= 45
    policy = _manifest("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= _labels().items()
    assert _manifest("Service")["spec"]["selector"].items() <= _labels().items()


def _labels() -> dict[str, str]:
    labels: dict[str, str] = _manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    return labels


def test_volumes_and_ports_fit_together():
    claims = {m["metadata"]["name"] for m in _manifests() if m["kind"] == "PersistentVolumeClaim"}
    volumes = {v["name"]: v for v in POD["volumes"]}
    assert {v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v} == claims
    for container in (*POD["initContainers"], SERVER, WORKER):
        assert {m["name"] for m in container["volumeMounts"]} <= set(volumes)
    assert _manifest("Service")["spec"]["ports"][0]["targetPort"] in {p["name"] for p in SERVER["ports"]}
    let_in = [port["port"] for port in _manifest("NetworkPolicy")["spec"]["ingress"][0]["ports"]]
    assert let_in == [container["ports"][0]["containerPort"] for container in (SERVER, WORKER)]
    assert f"--metrics-port={let_in[1]}" in WORKER["args"]


def test_somebody_works_where_the_servers_do_not():
    assert "--no-work" in SERVER["args"]
    assert "--no-work" in COMPOSE["services"]["server"]["command"]
    assert WORKER["args"][0] == COMPOSE["services"]["worker"]["command"][0] == "work"


def test_probes_ask_routes_that_exist_by_a_name_that_is_answered():
    class Nothing:
        """All that the application asks of a service before it starts."""

        state = watch = worker = None

    paths = {getattr(route, "path", "") for route in application(Nothing()).routes}  # type: ignore[arg-type]  # as said
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = SERVER[probe]["httpGet"]
        assert asked["path"] in paths
        assert asked["httpHeaders"] == [{"name": "Host", "value": "localhost"}]


# Metrics


def _metrics() -> dict[str, set[str]]:
    """Every sample name that there is, with its labels; those of histograms have `le` too."""
    watch = Watch()
    found: dict[str, set[str]] = {}
    for metric in vars(watch.metrics).values():
        if not hasattr(metric, "_labelnames"):
            continue
        name, labels = metric._name, set(metric._labelnames)
        ends = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}[metric._type]
        found |= {name + end: labels | ({"le"} if end == "_bucket" else set()) for end in ends}
    for family in text_string_to_metric_families(watch.metrics.text()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _queries() -> Iterator[tuple[str, str]]:
    for panel in json.loads(_text("grafana/cinedex.json"))["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for group in _yaml("prometheus/rules.yaml")["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("title", "query"), list(_queries()))
def test_every_metric_of_dashboard_and_alerts_exists_with_its_labels(title: str, query: str):
    known, target = _metrics(), {"job", "instance"}
    names = set(re.findall(r"\b(?:cinedex|process|python)_[a-z_]+\b", query))
    assert names or "up{" in query, title
    labels: set[str] = set()
    for name in names:
        assert name in known, f"{title}: there is no {name}"
        labels |= known[name]
    used = {label for inside in re.findall(r"\{([^}]*)\}", query) for label in re.findall(r"(\w+)\s*=", inside)}
    used |= {label.strip() for inside in re.findall(r"by \(([^)]*)\)", query) for label in inside.split(",")}
    assert used <= labels | target, f"{title}: {sorted(used - labels - target)}"
    assert query.count("(") == query.count(")")


def test_the_dashboard_shows_every_metric_of_ours():
    asked = " ".join(query for _, query in _queries())
    own = {name for name in _metrics() if name.startswith("cinedex_") and not name.endswith("_created")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in own} - {"cinedex_build_info"}
    assert {name for name in families if name not in asked} == set()


def test_panels_lie_beside_each_other():
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(_text("grafana/cinedex.json"))["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
