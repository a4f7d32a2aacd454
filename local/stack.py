"""The root stack on the local AWS: the same Terraform files, their state kept in `.local/stack`.

    .local/stack/
        main.tf -> ../../main.tf        every root file and folder that Terraform reads, linked
        backend_override.tf             the one file of its own: state stays here
        terraform.tfstate

An environment initialised in the root itself is never touched. See docs/decisions/0001.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import terraform

ROOT = Path(__file__).resolve().parent.parent
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
READ_BY_TERRAFORM = ("*.tf", ".terraform.lock.hcl", "modules", "dist", "environments")

# Most of an apply waits for the provider's own pollers, not for this machine.
PARALLELISM = 50


@dataclass(frozen=True, slots=True)
class Stack:
    """A root module applied as `environment` to whatever `AWS_ENDPOINT_URL` in `env` answers."""

    env: Mapping[str, str]
    environment: str = "dev"
    packages_dir: str = "dist/host"
    folder: Path = field(default=ROOT / ".local" / "stack")

    def apply(self) -> None:
        self._prepare()
        self._terraform("apply", "-auto-approve", f"-parallelism={PARALLELISM}", *self._variables())

    def destroy(self) -> None:
        self._terraform("destroy", "-auto-approve", f"-parallelism={PARALLELISM}", *self._variables())

    def outputs(self) -> dict[str, Any]:
        answer = json.loads(self._terraform("output", "-json"))
        return {name: output["value"] for name, output in answer.items()}

    def resources(self) -> list[dict[str, Any]]:
        """Every managed resource in the state, with its values."""
        values = json.loads(self._terraform("show", "-json"))["values"]
        return [resource for resource in _resources(values["root_module"]) if resource["mode"] == "managed"]

    def planned_changes(self, environment: str | None = None) -> list[dict[str, Any]]:
        """What a plan would change now, as Terraform tells it; with another `environment`'s variables, if given."""
        self._prepare()
        self._terraform("plan", "-out=plan.tfplan", *self._variables(environment))
        plan = json.loads(self._terraform("show", "-json", "plan.tfplan"))
        return [
            change
            for change in plan.get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        ]

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

    def _variables(self, environment: str | None = None) -> list[str]:
        return [
            f"-var-file=environments/{environment or self.environment}.tfvars",
            f"-var=packages_dir={self.packages_dir}",
        ]

    def _terraform(self, *arguments: str) -> str:
        settings = {"TF_INPUT": "0", "TF_CLI_ARGS": "-no-color"}
        return terraform.output(arguments, folder=self.folder, env={**self.env, **settings})


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)
