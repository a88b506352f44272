"""deploy/kubernetes, as kustomize makes it, held to the schemas of Kubernetes and to Remit."""

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
import pytest
import yaml

from monitoring.app import LIVE, READY
from settings import Settings
from tests.deploy.rendering import (
    KUBERNETES,
    Object,
    composed,
    is_pinned,
    kustomized,
    unknown_settings,
)
from tests.deploy.worker_controller import KINDS, WorkerDeployment

_OVERLAYS = ("plain", "versioned")
_VERSION = "1.37"
_SECRETS = "/run/secrets/remit/"
_WORKER = {"plain": "Deployment", "versioned": "WorkerDeployment"}
_VERSIONED_AS = [
    "REMIT_WORKER_DEPLOYMENT=$(TEMPORAL_DEPLOYMENT_NAME)",
    "REMIT_WORKER_BUILD_ID=$(TEMPORAL_WORKER_BUILD_ID)",
    "remit",
    "worker",
]


@pytest.fixture(scope="module")
def rendered() -> dict[str, Sequence[Object]]:
    """What each overlay applies."""
    return {name: kustomized(KUBERNETES / "overlays" / name) for name in _OVERLAYS}


@pytest.fixture(params=_OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def objects(overlay: str, rendered: dict[str, Sequence[Object]]) -> Sequence[Object]:
    return rendered[overlay]


def _valid(obj: Object) -> None:
    kubernetes_validate.validate(dict(obj), _VERSION, strict=True)  # pyright: ignore[reportUnknownMemberType]


def _named(objects: Sequence[Object], kind: str, name: str) -> Any:
    [found] = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


def _pods(objects: Sequence[Object]) -> Iterator[tuple[str, Any]]:
    """The template of each pod, by the object that has it."""
    for obj in objects:
        if "template" in obj.get("spec", {}) and obj["kind"] != "WorkerResourceTemplate":
            yield f"{obj['kind']} {obj['metadata']['name']}", obj["spec"]["template"]


def _filled(template: Object) -> Object:
    """What the controller makes of it for one version."""
    made = copy.deepcopy(dict(template))
    made["metadata"] = {"name": "one-version"}
    spec = made["spec"]
    if "scaleTargetRef" in spec:
        assert spec["scaleTargetRef"] == {}
        spec["scaleTargetRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "one"}
    if "selector" in spec:
        assert spec["selector"] == {"matchLabels": {}}
        spec["selector"] = {"matchLabels": {"temporal.io/build-id": "one"}}
    return made


def test_every_object_is_as_its_schema_has_it(objects: Sequence[Object]) -> None:
    for obj in objects:
        if obj["kind"] not in KINDS:
            _valid(obj)


def test_what_the_worker_controller_reads_is_as_its_kinds_have_it(
    rendered: dict[str, Sequence[Object]],
) -> None:
    found = [obj for obj in rendered["versioned"] if obj["kind"] in KINDS]
    assert {obj["kind"] for obj in found} == set(KINDS)
    for obj in found:
        read = KINDS[obj["kind"]].model_validate(obj)
        if isinstance(read, WorkerDeployment):
            labels = read.spec.template["metadata"]["labels"]
            spec = {"selector": {"matchLabels": labels}, "template": read.spec.template}
            meta = {"name": read.metadata.name}
            _valid({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})
        elif obj["kind"] == "WorkerResourceTemplate":
            _valid(_filled(obj["spec"]["template"]))


def test_the_controller_may_make_what_it_is_asked_for(
    rendered: dict[str, Sequence[Object]],
) -> None:
    values = yaml.safe_load((KUBERNETES / "temporal" / "worker-controller-values.yaml").read_text())
    allowed = {
        kind
        for entry in values["workerResourceTemplate"]["allowedResources"]
        for kind in entry["kinds"]
    }
    asked = {
        obj["spec"]["template"]["kind"]
        for obj in rendered["versioned"]
        if obj["kind"] == "WorkerResourceTemplate"
    }
    assert asked == allowed


def test_workers_are_the_same_either_way_but_for_their_version(
    rendered: dict[str, Sequence[Object]],
) -> None:
    plain, versioned = (
        copy.deepcopy(_named(rendered[name], _WORKER[name], "remit-worker")["spec"]["template"])
        for name in _OVERLAYS
    )
    [container] = versioned["spec"]["containers"]
    assert (container.pop("command"), container["args"]) == (["env"], _VERSIONED_AS)
    container["args"] = ["worker"]
    assert versioned == plain
    kinds = {(obj["kind"], obj["metadata"]["name"]) for obj in rendered["versioned"]}
    for left_out in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert (left_out, "remit-worker") not in kinds


def test_a_worker_takes_the_names_that_the_controller_gives(
    rendered: dict[str, Sequence[Object]],
) -> None:
    """Of the deployment, <namespace>/<name>; of a version, the image's tag with a hash behind it."""
    about = _named(rendered["versioned"], "WorkerDeployment", "remit-worker")["metadata"]
    name, build = f"{about['namespace']}/{about['name']}", "0.1.0-5d4c"
    settings = Settings(
        database_url="postgresql://remit", worker_deployment=name, worker_build_id=build
    )
    assert (settings.worker_deployment, settings.worker_build_id) == (name, build)


def test_every_image_is_pinned(objects: Sequence[Object]) -> None:
    images = {c["image"] for _, pod in _pods(objects) for c in pod["spec"]["containers"]}
    assert images
    assert all(map(is_pinned, images))


def test_every_variable_of_remit_is_a_setting(objects: Sequence[Object]) -> None:
    def names() -> Iterator[str]:
        for obj in objects:
            if obj["kind"] == "ConfigMap":
                yield from obj["data"]
        for _, pod in _pods(objects):
            for container in pod["spec"]["containers"]:
                yield from (variable["name"] for variable in container.get("env", ()))
                yield from (given.partition("=")[0] for given in container["args"])

    assert unknown_settings(names()) == set()


def test_pods_are_restricted_and_ask_the_cluster_for_nothing(objects: Sequence[Object]) -> None:
    for name, pod in _pods(objects):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        # Else the Service of the web comes as REMIT_WEB_PORT, which is a setting.
        assert spec["enableServiceLinks"] is False, name
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] == 10001, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"], name
    [namespace] = [obj for obj in objects if obj["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_probes_ask_what_processes_answer(objects: Sequence[Object]) -> None:
    settings = _named(objects, "ConfigMap", _settings_map(objects))["data"]
    asked = 0
    for name, pod in _pods(objects):
        for container in pod["spec"]["containers"]:
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
            if not ports:
                continue
            assert ports["metrics"] == int(settings["REMIT_METRICS_PORT"]), name
            assert ports["sdk-metrics"] == int(settings["REMIT_TEMPORAL_METRICS_PORT"]), name
            for probe, path in (("liveness", LIVE), ("startup", LIVE), ("readiness", READY)):
                assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "metrics"}
                asked += 1
    assert asked == 6


def test_workers_have_the_time_to_end_what_they_send(
    overlay: str, objects: Sequence[Object]
) -> None:
    worker = _named(objects, _WORKER[overlay], "remit-worker")
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 75


def test_an_upgrade_is_finished_by_a_job_like_that_which_began_it(
    rendered: dict[str, Sequence[Object]],
) -> None:
    [last] = kustomized(KUBERNETES / "finish")
    _valid(last)
    first = _named(rendered["plain"], "Job", "remit-migrate")
    began, ends = (job["spec"]["template"]["spec"]["containers"][0] for job in (first, last))
    assert (began["args"], ends["args"]) == (["migrate"], ["migrate", "--finish"])
    assert {**began, "args": None} == {**ends, "args": None}
    assert last["metadata"]["name"] != first["metadata"]["name"]


def test_temporal_is_the_one_of_the_composition() -> None:
    values = yaml.safe_load((KUBERNETES / "temporal" / "values.yaml").read_text())
    services = composed()["services"]
    for chart, service in (
        (values["server"], "temporal"),
        (values["admintools"], "temporal-schema"),
        (values["web"], "temporal-ui"),
    ):
        assert services[service]["image"].endswith(f":{chart['image']['tag']}"), service
    shards = services["temporal"]["environment"]["NUM_HISTORY_SHARDS"]
    assert values["server"]["config"]["persistence"]["numHistoryShards"] == int(shards)


def test_figures_are_let_out_to_prometheus_alone(objects: Sequence[Object]) -> None:
    settings = _named(objects, "ConfigMap", _settings_map(objects))["data"]
    [rule] = _named(objects, "NetworkPolicy", "figures-to-prometheus")["spec"]["ingress"]
    ports = {settings["REMIT_METRICS_PORT"], settings["REMIT_TEMPORAL_METRICS_PORT"]}
    assert {str(port["port"]) for port in rule["ports"]} == ports
    assert len(rule["from"]) == 1


def test_who_is_not_let_in_stays_out(objects: Sequence[Object]) -> None:
    nobody = _named(objects, "NetworkPolicy", "nobody")["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_pods_that_answer_for_a_certificate_are_let_in_whatever_their_labels(
    objects: Sequence[Object],
) -> None:
    policy = _named(objects, "NetworkPolicy", "challenges-from-the-ingress")["spec"]
    [asked] = policy["podSelector"].pop("matchExpressions")
    assert (asked["key"], asked["operator"]) == ("acme.cert-manager.io/http01-solver", "Exists")
    assert policy["podSelector"] == {}


def test_what_is_scaled_and_asked_for_is_there(objects: Sequence[Object]) -> None:
    there = {(obj["kind"], obj["metadata"]["name"]) for obj in objects}
    for obj in objects:
        if obj["kind"] == "HorizontalPodAutoscaler":
            target = obj["spec"]["scaleTargetRef"]
            assert (target["kind"], target["name"]) in there
        if obj["kind"] == "Ingress":
            [rule] = obj["spec"]["rules"]
            [path] = rule["http"]["paths"]
            assert ("Service", path["backend"]["service"]["name"]) in there
            assert obj["spec"]["tls"][0]["hosts"] == [rule["host"]]


def test_the_example_of_secrets_has_what_pods_mount(objects: Sequence[Object]) -> None:
    text = (KUBERNETES / "secrets.example.yaml").read_text()
    secrets: dict[str, Object] = {
        obj["metadata"]["name"]: obj["stringData"] for obj in yaml.safe_load_all(text)
    }
    for obj in yaml.safe_load_all(text):
        _valid(obj)
    mounted = {
        volume["secret"]["secretName"]
        for _, pod in _pods(objects)
        for volume in pod["spec"]["volumes"]
        if "secret" in volume
    }
    assert mounted == set(secrets)
    settings = _named(objects, "ConfigMap", _settings_map(objects))["data"]
    files = {
        value.removeprefix(_SECRETS) for name, value in settings.items() if name.endswith("_FILE")
    }
    for name, holder in secrets.items():
        [root] = re.findall(rf"sslrootcert={_SECRETS}([\w.-]+)", holder["remit_database_url"])
        named = {key for key in holder if not key.startswith("remit_")}
        assert named == {root} | (files if name == "remit" else set())
        values = {key for key in holder if key.startswith("remit_")}
        assert {key.removeprefix("remit_") for key in values} <= set(Settings.model_fields)


def _settings_map(objects: Sequence[Object]) -> str:
    [found] = [obj["metadata"]["name"] for obj in objects if obj["kind"] == "ConfigMap"]
    return found
