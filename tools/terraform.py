"""Runs Terraform: everything in this project that needs Terraform comes through here.

    python tools/terraform.py -chdir=modules/stream init

Only `init` is treated specially, for it alone fetches providers:

    registry answers            the registry, each provider kept once in .local/plugins
    registry out of reach       TF_PLUGIN_DIR, or the first usual folder that holds the AWS provider
    a CLI configuration with    that configuration, untouched: whoever wrote it has decided
    provider_installation

Whichever it is, Terraform compares what it finds with the checksums in `.terraform.lock.hcl`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (1, 11)
PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")

# The registry only names the address of a provider; HashiCorp's release host hands it out.
PROVIDER_HOSTS = ("https://registry.terraform.io/.well-known/terraform.json", "https://releases.hashicorp.com/")
PATIENCE_SECONDS = 3.0
REMEMBERED_SECONDS = 600.0
MEMORY = ROOT / ".local" / "registry-out-of-reach"


class TerraformError(Exception):
    """Terraform cannot be run, or said no; the text says what to do."""


def run(arguments: Sequence[str], folder: Path = ROOT, env: Mapping[str, str] | None = None) -> int:
    """The exit code of Terraform run in `folder` with the whole environment `env`; it talks to our own terminal."""
    command, environment = prepared(arguments, env)
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def output(arguments: Sequence[str], folder: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """What Terraform wrote to standard output; a refusal raises with its reasons."""
    command, environment = prepared(arguments, env)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # Terraform tells its plan and progress on one channel and what went wrong on the other.
        said = done.stderr.strip() or done.stdout.strip()
        raise TerraformError(f"terraform {' '.join(arguments)} failed in {folder}:\n{said}")
    return done.stdout


def prepared(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment to start Terraform with, for those who watch the process themselves."""
    environment = terraform_environment(os.environ if env is None else env)
    program = installed(environment)
    if subcommand(arguments) != "init" or decided_elsewhere(arguments, environment):
        return [program, *arguments], environment
    source = provider_source(environment, MEMORY)
    if source is not None:
        return [program, *with_plugin_dir(arguments, source)], environment
    return [program, *arguments], with_plugin_cache(environment, ROOT / ".local" / "plugins")


def installed(environment: Mapping[str, str]) -> str:
    """The path of a Terraform that is new enough."""
    program = shutil.which("terraform", path=environment.get("PATH"))
    remedy = f"install {'.'.join(map(str, OLDEST))} or newer from https://developer.hashicorp.com/terraform/install."
    if program is None:
        raise TerraformError(f"Terraform is not on the PATH: {remedy}")
    # Arguments that the user has added to every command are not meant for this question.
    plain = {name: value for name, value in environment.items() if not name.startswith("TF_CLI_ARGS")}
    answer = subprocess.run([program, "version", "-json"], env=plain, capture_output=True, text=True, check=False)
    version = version_of(answer.stdout)
    if version < OLDEST:
        found = ".".join(map(str, version)) or "of unknown version"
        raise TerraformError(f"Terraform {found} at {program} is too old: {remedy}")
    return program


def version_of(answer: str) -> tuple[int, ...]:
    """Major and minor number in the answer of `terraform version -json`; empty where there is none."""
    try:
        text = str(json.loads(answer)["terraform_version"])
    except (ValueError, KeyError):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def subcommand(arguments: Sequence[str]) -> str | None:
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def terraform_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without a CLI configuration that is not there, and without the check for news: it waits too."""
    environment = dict(environ)
    environment.setdefault("CHECKPOINT_DISABLE", "1")
    configuration = environment.get("TF_CLI_CONFIG_FILE")
    if configuration and not Path(configuration).is_file():
        del environment["TF_CLI_CONFIG_FILE"]
    return environment


def with_plugin_cache(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """One download of each provider for all folders, unless the user keeps a cache already."""
    if "TF_PLUGIN_CACHE_DIR" in environment or "plugin_cache_dir" in cli_configuration(environment):
        return dict(environment)
    folder.mkdir(parents=True, exist_ok=True)
    return {**environment, "TF_PLUGIN_CACHE_DIR": str(folder)}


def cli_configuration(environment: Mapping[str, str]) -> str:
    """The text of the CLI configuration that Terraform will read."""
    home = environment.get("HOME", "")
    path = Path(environment.get("TF_CLI_CONFIG_FILE") or Path(home, ".terraformrc"))
    return path.read_text(errors="replace") if path.is_file() else ""


def decided_elsewhere(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """True where the caller or the user's own configuration says where providers come from."""
    return any(argument.lstrip("-").startswith("plugin-dir") for argument in arguments) or (
        "provider_installation" in cli_configuration(environment)
    )


def with_plugin_dir(arguments: Sequence[str], mirror: Path) -> list[str]:
    at = list(arguments).index("init") + 1
    return [*arguments[:at], f"-plugin-dir={mirror}", *arguments[at:]]


def provider_source(environment: Mapping[str, str], memory: Path) -> Path | None:
    """The mirror to read providers from; None is the registry. A registry out of reach is remembered in `memory`."""
    if recently(memory):
        return mirror(environment)
    silent = next((url for url in PROVIDER_HOSTS if not answers(url, PATIENCE_SECONDS)), None)
    if silent is None:
        return None
    found = mirror(environment)
    host = urllib.parse.urlsplit(silent).hostname
    if found is None:
        tell(f"{host} is out of reach and no usual folder holds {PROVIDER}; set TF_PLUGIN_DIR to one that does.")
        return None
    tell(f"{host} is out of reach; providers come from {found}.")
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.touch()
    return found


def recently(memory: Path) -> bool:
    return memory.exists() and 0 <= time.time() - memory.stat().st_mtime < REMEMBERED_SECONDS


def mirror(environment: Mapping[str, str], system: Path = Path("/"), project: Path = ROOT) -> Path | None:
    """TF_PLUGIN_DIR, or the first usual folder that holds the AWS provider."""
    if chosen := environment.get("TF_PLUGIN_DIR"):
        if not Path(chosen, PROVIDER).is_dir():
            raise TerraformError(f"TF_PLUGIN_DIR must be a folder that holds {PROVIDER}; got {chosen!r}.")
        return Path(chosen).absolute()
    return next(
        (folder for folder in _usual_folders(environment, system, project) if (folder / PROVIDER).is_dir()), None
    )


def _usual_folders(environment: Mapping[str, str], system: Path, project: Path) -> Iterator[Path]:
    if home := environment.get("HOME"):
        yield Path(home, ".terraform.d", "plugins")
    shared = (system / "usr" / "share", system / "usr" / "local" / "share")
    yield from (folder / "terraform" / "plugins" for folder in shared)
    for folder in (*shared, system / "opt"):
        if folder.is_dir():
            yield from sorted(child for child in folder.iterdir() if child.is_dir())
    yield project / ".local" / "plugins"  # what an earlier init downloaded has a mirror's layout


def answers(url: str, patience_seconds: float) -> bool:
    """True if `url` answers in time, through the proxy of the environment if there is one."""
    found: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=patience_seconds):
                found.append(True)
        except urllib.error.URLError as error:
            # A host whose certificate Python's own trust store does not know is there all the same.
            found.append("CERTIFICATE_VERIFY_FAILED" in str(error.reason))
        except OSError:
            found.append(False)

    # A name lookup takes no timeout; a thread that nobody waits for does.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience_seconds)
    return found == [True]


def tell(sentence: str) -> None:
    print(f"terraform: {sentence}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> NoReturn:
    try:
        command, environment = prepared(arguments)
    except TerraformError as error:
        tell(str(error))
        sys.exit(1)
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main(sys.argv[1:])
