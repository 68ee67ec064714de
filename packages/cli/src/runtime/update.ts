import { readFileSync } from "node:fs";
import { messageOf } from "@drydock/kit";
import type { LinuxResources } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

interface Options {
  resources?: string;
  memory?: string;
  memoryReservation?: string;
  memorySwap?: string;
  cpuPeriod?: string;
  cpuQuota?: string;
  cpuShare?: string;
  cpuBurst?: string;
  cpuIdle?: string;
  cpuRtPeriod?: string;
  cpuRtRuntime?: string;
  cpusetCpus?: string;
  cpusetMems?: string;
  pidsLimit?: string;
  blkioWeight?: string;
}

export function updateCommand(): Command {
  return new Command("update")
    .description("change the limits of a container")
    .argument("<id>", "the container")
    .option("-r, --resources <file>", "linux.resources as JSON, as in config.json; - for standard input")
    .option("--memory <bytes>", "memory limit, also as 64M or 1G; -1 for none")
    .option("--memory-reservation <bytes>", "memory that is not taken back before others' is")
    .option("--memory-swap <bytes>", "memory and swap together; -1 for no limit")
    .option("--cpu-period <us>", "length of a period, microseconds")
    .option("--cpu-quota <us>", "CPU time in each period, microseconds; -1 for no limit")
    .option("--cpu-share <n>", "weight against others, 1024 being one part")
    .option("--cpu-burst <us>", "CPU time saved up in idle periods, microseconds")
    .option("--cpu-idle <0|1>", "1: only the CPU time that nobody else wants")
    .option("--cpu-rt-period <us>", "period of real-time processes (cgroup v1)")
    .option("--cpu-rt-runtime <us>", "their CPU time in each period (cgroup v1)")
    .option("--cpuset-cpus <list>", "the CPUs that it may use, as 0-3,7")
    .option("--cpuset-mems <list>", "the memory nodes that it may use")
    .option("--pids-limit <n>", "how many processes it may have; -1 for no limit")
    .option("--blkio-weight <n>", "weight of its reads and writes, 10 to 1000")
    .addHelpText("after", "\nExample:\n  drydock runtime update --memory 64M --pids-limit 100 c1\n")
    .action(
      reported(async (id: string, options: Options, command: Command) => {
        const resources = options.resources === undefined ? fromFlags(options) : fromFile(options.resources);
        if (Object.keys(resources).length === 0) {
          throw failure("CLI_USAGE", "no limit was given", { hint: "drydock runtime update --help lists them" });
        }
        await openRuntime(command).update(id, resources);
      }),
    );
}

function fromFile(path: string): LinuxResources {
  try {
    // The runtime holds it against what there is.
    return JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8")) as LinuxResources;
  } catch (error) {
    throw failure("CLI_USAGE", `--resources: ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function fromFlags(options: Options): LinuxResources {
  const memory = given({
    limit: size(options.memory, "--memory"),
    reservation: size(options.memoryReservation, "--memory-reservation"),
    swap: size(options.memorySwap, "--memory-swap"),
  });
  const cpu = given({
    period: size(options.cpuPeriod, "--cpu-period"),
    quota: size(options.cpuQuota, "--cpu-quota"),
    shares: size(options.cpuShare, "--cpu-share"),
    burst: size(options.cpuBurst, "--cpu-burst"),
    idle: size(options.cpuIdle, "--cpu-idle"),
    realtimePeriod: size(options.cpuRtPeriod, "--cpu-rt-period"),
    realtimeRuntime: size(options.cpuRtRuntime, "--cpu-rt-runtime"),
    cpus: options.cpusetCpus,
    mems: options.cpusetMems,
  });
  const pids = size(options.pidsLimit, "--pids-limit");
  const weight = size(options.blkioWeight, "--blkio-weight");
  return {
    ...(memory ? { memory } : {}),
    ...(cpu ? { cpu } : {}),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(weight === undefined ? {} : { blockIO: { weight } }),
  };
}

const units: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

function size(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const found = /^(-?\d+)([kmgt]?)b?$/i.exec(text);
  if (!found) throw failure("CLI_USAGE", `${flag}: "${text}" is not a number`, { hint: "write it like 1048576 or 1M" });
  return Number(found[1]) * (units[(found[2] ?? "").toLowerCase()] as number);
}

type Given<Fields> = { [Name in keyof Fields]?: NonNullable<Fields[Name]> };

/** The fields that have a value; undefined when none has. */
function given<Fields extends object>(fields: Fields): Given<Fields> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Given<Fields>);
}
