"""How Terraform is run: which provider source, which environment, and what is said when it cannot be."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import terraform

PROVIDER = terraform.PROVIDER
LOCK = terraform.ROOT / ".terraform.lock.hcl"
NEEDS_AWS = 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n'
NOBODY_LISTENS = "http://127.0.0.1:9"


def mirror_at(folder: Path) -> Path:
    (folder / PROVIDER).mkdir(parents=True)
    return folder


def program(folder: Path, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terraform"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return tmp_path / "system"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture
def silent_proxy() -> Iterator[str]:
    """A proxy that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


# Which mirror


def test_the_mirror_that_was_named_comes_before_every_usual_folder(tmp_path, system, project):
    named = mirror_at(tmp_path / "named")
    mirror_at(system / "usr/share/terraform/plugins")
    assert terraform.mirror({"TF_PLUGIN_DIR": str(named)}, system, project) == named


def test_a_named_mirror_without_the_provider_is_refused_with_its_value(tmp_path, system, project):
    with pytest.raises(terraform.TerraformError, match=r"TF_PLUGIN_DIR must be a folder that holds .* got '.*empty'"):
        terraform.mirror({"TF_PLUGIN_DIR": str(tmp_path / "empty")}, system, project)


def test_the_users_own_plugin_folder_comes_before_the_machines(tmp_path, system, project):
    own = mirror_at(tmp_path / "home/.terraform.d/plugins")
    mirror_at(system / "usr/share/terraform/plugins")
    assert terraform.mirror({"HOME": str(tmp_path / "home")}, system, project) == own


@pytest.mark.parametrize(
    "folder",
    [
        "usr/share/terraform/plugins",
        "usr/local/share/terraform/plugins",
        "usr/share/providers",
        "usr/local/share/providers",
        "opt/providers",
    ],
)
def test_a_mirror_is_found_under_every_usual_root(system, project, folder):
    found = mirror_at(system / folder)
    assert terraform.mirror({}, system, project) == found


def test_what_an_earlier_init_downloaded_serves_as_the_last_mirror(system, project):
    downloaded = mirror_at(project / ".local/plugins")
    assert terraform.mirror({}, system, project) == downloaded


def test_a_folder_with_another_provider_only_is_no_mirror(system, project):
    (system / "opt/providers/registry.terraform.io/hashicorp/null").mkdir(parents=True)
    assert terraform.mirror({}, system, project) is None


# Which environment


def test_a_cli_configuration_that_is_not_there_is_ignored(tmp_path):
    environment = terraform.terraform_environment({"TF_CLI_CONFIG_FILE": str(tmp_path / "absent")})
    assert "TF_CLI_CONFIG_FILE" not in environment


def test_a_cli_configuration_that_is_there_is_kept(tmp_path):
    configuration = tmp_path / "terraformrc"
    configuration.touch()
    environment = terraform.terraform_environment({"TF_CLI_CONFIG_FILE": str(configuration)})
    assert environment["TF_CLI_CONFIG_FILE"] == str(configuration)


def test_all_folders_share_one_download_of_a_provider(tmp_path):
    environment = terraform.with_plugin_cache({}, tmp_path / "cache")
    assert (environment, (tmp_path / "cache").is_dir()) == ({"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache")}, True)


def test_a_plugin_cache_of_the_users_own_is_left_in_place(tmp_path):
    (tmp_path / ".terraformrc").write_text('plugin_cache_dir = "/somewhere"')
    home = {"HOME": str(tmp_path)}
    assert terraform.with_plugin_cache(home, tmp_path / "cache") == home


def test_a_provider_installation_of_the_users_own_is_never_overruled(tmp_path):
    (tmp_path / ".terraformrc").write_text("provider_installation {\n  direct {}\n}\n")
    assert terraform.decided_elsewhere(["init"], {"HOME": str(tmp_path)})


def test_the_plugin_dir_goes_to_init_whatever_stands_before_it():
    arguments = ["-chdir=modules/stream", "init", "-upgrade"]
    assert terraform.with_plugin_dir(arguments, Path("/m")) == [
        "-chdir=modules/stream",
        "init",
        "-plugin-dir=/m",
        "-upgrade",
    ]


# Which source


def test_a_silent_network_costs_no_more_than_the_patience(silent_proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", silent_proxy)
    assert not terraform.answers("https://registry.terraform.io/", patience_seconds=0.2)


def test_a_registry_out_of_reach_is_told_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("https_proxy", NOBODY_LISTENS)
    named, memory = mirror_at(tmp_path / "named"), tmp_path / "memory"
    sources = [terraform.provider_source({"TF_PLUGIN_DIR": str(named)}, memory) for _ in range(2)]
    told = "terraform: registry.terraform.io is out of reach; providers come from"
    assert (sources, capsys.readouterr().err.count(told)) == ([named, named], 1)


def test_init_works_with_the_registry_out_of_reach(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", NOBODY_LISTENS)
    monkeypatch.setattr(terraform, "MEMORY", tmp_path / "memory")
    if terraform.mirror(os.environ) is None:
        pytest.skip("no provider mirror on this machine")
    (tmp_path / "versions.tf").write_text(NEEDS_AWS)
    (tmp_path / LOCK.name).write_text(LOCK.read_text())
    terraform.output(["init", "-input=false", "-lockfile=readonly"], tmp_path)
    assert (tmp_path / ".terraform/providers" / PROVIDER).is_dir()


# Which Terraform


def test_a_missing_terraform_is_told_with_the_remedy(tmp_path):
    with pytest.raises(terraform.TerraformError, match=r"not on the PATH: install 1\.11 or newer from https://"):
        terraform.installed({"PATH": str(tmp_path)})


def test_the_users_arguments_for_terraform_do_not_disturb_the_question_for_its_version(tmp_path):
    answer = json.dumps({"terraform_version": "1.11.4"})
    path = program(tmp_path, f"test -z \"$TF_CLI_ARGS$TF_CLI_ARGS_version\" && echo '{answer}'")
    users = {"TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_version": "-x"}
    assert terraform.installed({"PATH": str(tmp_path), **users}) == str(path)


def test_an_old_terraform_is_told_with_its_version_and_the_remedy(tmp_path):
    program(tmp_path, f"echo '{json.dumps({'terraform_version': '1.9.8'})}'")
    with pytest.raises(terraform.TerraformError, match=r"Terraform 1\.9 at .* is too old: install 1\.11 or newer"):
        terraform.installed({"PATH": f"{tmp_path}:/bin"})


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ('{"terraform_version": "1.11.4"}', (1, 11)),
        ('{"terraform_version": "2.0.0-beta1"}', (2, 0)),
        ("Terraform v0.11.1", ()),
    ],
)
def test_the_version_is_read_from_what_terraform_says(answer, version):
    assert terraform.version_of(answer) == version


def test_a_refusal_of_terraform_raises_with_all_it_said(tmp_path):
    program(
        tmp_path / "bin", """[ "$1" = version ] && echo '{"terraform_version": "1.11.0"}' || { echo no >&2; exit 1; }"""
    )
    with pytest.raises(terraform.TerraformError, match=r"terraform plan failed in .*:\nno"):
        terraform.output(["plan"], tmp_path, {"PATH": f"{tmp_path}/bin:/bin"})
