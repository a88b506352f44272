"""The kinds of Temporal's Worker Controller that deploy/kubernetes uses, as far as it uses them.

After api/v1alpha1 of github.com/temporalio/temporal-worker-controller (1.7 and newer). A field that is not here is refused:
look it up there before it is added.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
_Duration = Annotated[str, StringConstraints(pattern=r"^([0-9]+(h|m|s))+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(_Strict):
    name: _Name
    namespace: _Name
    labels: dict[str, str] = Field(default_factory=dict)


class Reference(_Strict):
    name: _Name


class ConnectionSpec(_Strict):
    host_port: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9.-]+:[0-9]+$")] = Field(
        alias="hostPort"
    )


class Connection(_Strict):
    api_version: Literal["temporal.io/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["Connection"]
    metadata: Metadata
    spec: ConnectionSpec


class WorkerOptions(_Strict):
    connection_ref: Reference = Field(alias="connectionRef")
    temporal_namespace: Annotated[str, StringConstraints(min_length=1)] = Field(
        alias="temporalNamespace"
    )


class RolloutStep(_Strict):
    ramp_percentage: Annotated[int, Field(ge=1, le=99)] = Field(alias="rampPercentage")
    pause_duration: _Duration = Field(alias="pauseDuration")


class Rollout(_Strict):
    strategy: Literal["Manual", "AllAtOnce", "Progressive"]
    steps: Annotated[list[RolloutStep], Field(max_length=20)] = Field(
        default_factory=list[RolloutStep]
    )

    @model_validator(mode="after")
    def _has_steps(self) -> "Rollout":
        if self.strategy == "Progressive" and not self.steps:
            raise ValueError("steps are required for Progressive rollout")
        return self


class Sunset(_Strict):
    scaledown_delay: _Duration = Field(alias="scaledownDelay")
    delete_delay: _Duration = Field(alias="deleteDelay")


class WorkerDeploymentSpec(_Strict):
    template: dict[str, Any]
    """A pod's, as a Deployment has it."""
    progress_deadline_seconds: int = Field(alias="progressDeadlineSeconds")
    worker_options: WorkerOptions = Field(alias="workerOptions")
    rollout: Rollout
    sunset: Sunset


class WorkerDeployment(_Strict):
    api_version: Literal["temporal.io/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["WorkerDeployment"]
    metadata: Metadata
    spec: WorkerDeploymentSpec


class WorkerResourceTemplateSpec(_Strict):
    worker_deployment_ref: Reference = Field(alias="workerDeploymentRef")
    template: dict[str, Any]
    """An object without a name; what the controller fills in is there, and empty."""


class WorkerResourceTemplate(_Strict):
    api_version: Literal["temporal.io/v1alpha1"] = Field(alias="apiVersion")
    kind: Literal["WorkerResourceTemplate"]
    metadata: Metadata
    spec: WorkerResourceTemplateSpec


KINDS: dict[str, type[Connection | WorkerDeployment | WorkerResourceTemplate]] = {
    "Connection": Connection,
    "WorkerDeployment": WorkerDeployment,
    "WorkerResourceTemplate": WorkerResourceTemplate,
}
