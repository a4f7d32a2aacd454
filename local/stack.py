"""The root stack on the local AWS: the same Terraform files, their state kept apart, in a folder of `.local`.

    python -m local.stack apply        the dev environment, on the AWS that AWS_ENDPOINT_URL names
    python -m local.stack destroy      ends it
    python -m local.stack forget       drops its state, when that AWS has ended and taken everything with it

    .local/stack/
        main.tf -> ../../main.tf        every root file and folder that Terraform reads, linked
        backend_override.tf             the one file of its own: state stays here
        terraform.tfstate

An environment initialised in the root itself is never touched. See docs/decisions/0001.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import endpoint
from tools import terraform

ROOT = Path(__file__).resolve().parent.parent
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
READ_BY_TERRAFORM = ("*.tf", ".terraform.lock.hcl", "modules", "dist", "environments")
PLAN = "plan.tfplan"

# Most of an apply waits for the provider's own pollers, not for this machine.
PARALLELISM = "-parallelism=50"


@dataclass(frozen=True, slots=True)
class Stack:
    """The root with the variables of `environment`, under the name `name`, on the AWS that `env` leads to.

    `variables` are set besides, each in the place of the whole of what the environment says.
    """

    env: Mapping[str, str]
    folder: Path
    environment: str = "dev"
    name: str = "dev"
    variables: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, url: str, folder: Path, name: str = "dev", variables: Mapping[str, Any] | None = None) -> Stack:
        """The dev environment on the AWS at `url`, its state in `folder`."""
        return cls(as_root(url, os.environ), folder, name=name, variables=variables or {})

    @property
    def state(self) -> Path:
        return self.folder / "terraform.tfstate"

    def apply(self, *targets: str) -> None:
        """Everything, or only `targets` such as module.trips and what they need."""
        self._prepare()
        only = [f"-target={target}" for target in targets]
        self._terraform("apply", "-auto-approve", PARALLELISM, *only, *self._variables())

    def destroy(self) -> None:
        self._terraform("destroy", "-auto-approve", PARALLELISM, *self._variables())

    def outputs(self) -> dict[str, Any]:
        answer = json.loads(self._terraform("output", "-json"))
        return {name: output["value"] for name, output in answer.items()}

    def plan(self) -> dict[str, Any]:
        """What Terraform would do now, as its JSON tells it."""
        self._prepare()
        self._terraform("plan", f"-out={PLAN}", *self._variables())
        plan: dict[str, Any] = json.loads(self._terraform("show", "-json", PLAN))
        return plan

    def forget(self) -> None:
        """Drop the state: for an AWS that has ended and took everything with it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        """Links to every file Terraform reads, fresh each time: a file that left the root leaves here too."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for link in self.folder.iterdir():
            if link.is_symlink():
                link.unlink()
        for pattern in READ_BY_TERRAFORM:
            for path in ROOT.glob(pattern):
                (self.folder / path.name).symlink_to(path)
        (self.folder / "backend_override.tf").write_text(LOCAL_STATE)
        self._terraform("init", "-lockfile=readonly")

    def _variables(self) -> list[str]:
        return [
            f"-var-file=environments/{self.environment}.tfvars",
            f"-var=environment={self.name}",
            "-var=packages_dir=dist/host",
            *(f"-var={name}={json.dumps(value)}" for name, value in self.variables.items()),
        ]

    def _terraform(self, *arguments: str) -> str:
        settings = {"TF_INPUT": "0", "TF_CLI_ARGS": "-no-color"}
        return terraform.output(arguments, folder=self.folder, env={**self.env, **settings})


def changes(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources that a plan would create, change or delete."""
    idle = (["no-op"], ["read"])
    return [change for change in plan.get("resource_changes", []) if change["change"]["actions"] not in idle]


def as_root(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, in which Terraform reaches the AWS at `url` as root; no profile of the developer's gets in."""
    inherited = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return inherited | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": endpoint.ROOT_CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": endpoint.ROOT_CREDENTIALS["aws_secret_access_key"],
        "AWS_REGION": endpoint.REGION,
    }
