import { specVersion } from "@drydock/runtime";
import { Command } from "commander";
import { print } from "../output/print.ts";
import { version } from "../version.ts";

/** In the form that callers of runc parse; bin/drydock-runtime --version. */
export function versionCommand(): Command {
  return new Command("version")
    .description("print the version of this runtime and of the runtime-spec")
    .action(() => print(`drydock-runtime version ${version}\nspec: ${specVersion}`));
}
