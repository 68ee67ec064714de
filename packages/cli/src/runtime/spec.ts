import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { defaultConfig, defaultSeccompProfile, rootlessConfig, subordinateIds } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { reported } from "./log-file.ts";

interface Options {
  bundle: string;
  rootless?: boolean;
  seccomp?: boolean;
}

export function specCommand(): Command {
  return new Command("spec")
    .description("write a config.json to start from")
    .argument("[args...]", "the program and its arguments, after --", [])
    .option("-b, --bundle <dir>", "directory to write it to", ".")
    .option("--rootless", "for an ordinary user: a user namespace with the ids that /etc/subuid and /etc/subgid give")
    .option("--seccomp", "with Docker's default profile: which system calls the container may make")
    .addHelpText("after", "\nExample:\n  drydock runtime spec --rootless --bundle box -- sh -c 'id'\n")
    .action(
      reported(async (args: string[], { bundle, rootless, seccomp }: Options, _command: Command) => {
        const path = join(bundle, "config.json");
        const ordinary = defaultConfig(args.length > 0 ? args : undefined);
        const config = rootless ? rootlessConfig(ordinary, subordinateIds()) : ordinary;
        if (seccomp) {
          const granted = config.process.capabilities?.bounding ?? [];
          config.linux = { ...config.linux, seccomp: defaultSeccompProfile(granted) };
        }
        try {
          await writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`, { flag: "wx" });
        } catch (error) {
          const errno = errnoOf(error);
          if (errno === "EEXIST") throw failure("CLI_USAGE", `${path} is there already`, { hint: "remove it first" });
          if (errno === "ENOENT" || errno === "ENOTDIR") {
            throw failure("CLI_USAGE", `${bundle} is not a directory`, { hint: `mkdir -p ${join(bundle, "rootfs")}` });
          }
          throw error;
        }
      }),
    );
}
