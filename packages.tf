locals {
  name = "sluice-${var.environment}"

  # What `make package` built is what gets declared: runtime and architecture come from the manifest beside the zips.
  packages = {
    for actor, built in jsondecode(file("${var.packages_dir}/manifest.json")) :
    actor => merge(built, { path = "${var.packages_dir}/${built.zip}" })
  }
}
