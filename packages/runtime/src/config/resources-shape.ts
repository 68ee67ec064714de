import type { LinuxResources } from "../types.ts";
import { type Check, flag, integer, invalid, list, map, object, text } from "./check.ts";

const deviceNumber = { major: integer(-1, 2 ** 32 - 1), minor: integer(-1, 2 ** 32 - 1) };
const weight = integer(0, 1000);
const rates = list(
  object({ major: integer(0), minor: integer(0), rate: integer(0) }, { required: ["major", "minor", "rate"] }),
);

const deviceType: Check = (value, path) => {
  text(value, path);
  if (!/^[abcup]?$/.test(value as string))
    throw invalid(path, `${value} is not a type of devices`, "possible: a, b, c");
};

const deviceAccess: Check = (value, path) => {
  text(value, path);
  if (!/^[rwm]*$/.test(value as string)) throw invalid(path, `${value} is not made of r, w and m`);
};

/** Becomes part of a file's name. */
const pageSize: Check = (value, path) => {
  text(value, path);
  if (!/^\d+[KMG]B$/.test(value as string))
    throw invalid(path, `${value} is not a page size`, "write it as 64KB, 2MB, 1GB");
};

const cpuList: Check = (value, path) => {
  text(value, path);
  if (!/^[\d,\s-]*$/.test(value as string))
    throw invalid(path, `${value} is not a list of numbers`, "write it as 0-3,7");
};

export const resourcesShape: Check = (value, path) => {
  shape(value, path);
  const { unified = {}, cpu } = value as LinuxResources;
  for (const file of Object.keys(unified)) checkUnified(file, `${path}.unified["${file}"]`);
  if (cpu?.idle !== undefined && cpu.idle > 1) throw invalid(`${path}.cpu.idle`, `expected 0 or 1, got ${cpu.idle}`);
};

const shape = object({
  memory: object({
    limit: integer(-1),
    reservation: integer(-1),
    swap: integer(-1),
    swappiness: integer(-1, 100),
    disableOOMKiller: flag,
    useHierarchy: flag,
    checkBeforeUpdate: flag,
  }),
  cpu: object({
    shares: integer(0),
    quota: integer(-1),
    burst: integer(0),
    period: integer(0),
    realtimeRuntime: integer(-1),
    realtimePeriod: integer(0),
    cpus: cpuList,
    mems: cpuList,
    idle: integer(0),
  }),
  pids: object({ limit: integer(-1) }, { required: ["limit"] }),
  blockIO: object({
    weight,
    leafWeight: weight,
    weightDevice: list(
      object({ major: integer(0), minor: integer(0), weight, leafWeight: weight }, { required: ["major", "minor"] }),
    ),
    throttleReadBpsDevice: rates,
    throttleWriteBpsDevice: rates,
    throttleReadIOPSDevice: rates,
    throttleWriteIOPSDevice: rates,
  }),
  hugepageLimits: list(object({ pageSize, limit: integer(0) }, { required: ["pageSize", "limit"] })),
  rdma: map(object({ hcaHandles: integer(0), hcaObjects: integer(0) })),
  network: object({
    classID: integer(0, 2 ** 32 - 1),
    priorities: list(object({ name: text, priority: integer(0) }, { required: ["name", "priority"] })),
  }),
  unified: map(text),
  devices: list(
    object({ allow: flag, type: deviceType, ...deviceNumber, access: deviceAccess }, { required: ["allow"] }),
  ),
});

/** Files that move processes about or stop them: a limit is none of these. */
const forbidden = new Set(
  ["procs", "threads", "type", "subtree_control", "kill", "freeze"].map((name) => `cgroup.${name}`),
);

function checkUnified(file: string, path: string): void {
  if (!/^[a-z_]+(\.[A-Za-z0-9_]+)+$/.test(file))
    throw invalid(path, "is not the name of a cgroup's file", "e.g. memory.high");
  if (forbidden.has(file)) throw invalid(path, "is not a limit: the runtime itself writes that file");
}
