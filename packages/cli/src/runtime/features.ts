import { features } from "@drydock/runtime";
import { Command } from "commander";
import { print } from "../output/print.ts";

export function featuresCommand(): Command {
  return new Command("features")
    .description("print what this runtime can do, as JSON (runtime-spec, features.md)")
    .action(() => print(JSON.stringify(features(), undefined, 2)));
}
