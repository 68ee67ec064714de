import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import type { ContainerCgroup } from "./container-cgroup.ts";
import { keyValues, noLimit, readFile, readNumber } from "./files.ts";

/** What a container uses, in the shape (names, units, what is left out) that callers of `runc events` parse. */
export interface CgroupStats {
  cpu: {
    /** Nanoseconds. */
    usage: { total?: number; percpu?: number[]; kernel: number; user: number };
    throttling: { periods?: number; throttledPeriods?: number; throttledTime?: number };
    psi?: PressureStats;
  };
  /** Bytes. For no limit see noLimit in files.ts. */
  memory: {
    cache?: number;
    usage: MemoryCount;
    swap: MemoryCount;
    kernel: MemoryCount;
    kernelTCP: MemoryCount;
    raw: Record<string, number>;
    psi?: PressureStats;
  };
  pids: { current?: number; limit?: number };
  blkio: { ioServiceBytesRecursive?: BlockCount[]; ioServicedRecursive?: BlockCount[]; psi?: PressureStats };
  hugetlb: Record<string, { usage?: number; max?: number; failcnt: number }>;
}

export interface MemoryCount {
  limit: number;
  usage?: number;
  max?: number;
  failcnt: number;
}

export interface BlockCount {
  major: number;
  minor: number;
  op: string;
  value: number;
}

export interface PressureStats {
  some: Pressure;
  full: Pressure;
}

/** Shares of time in percent, and microseconds since the beginning (Documentation/accounting/psi.rst). */
export interface Pressure {
  avg10: number;
  avg60: number;
  avg300: number;
  total: number;
}

/** Reads the counters of a container; what no controller counts is left out or 0, as in runc. */
export function readStats(cgroup: ContainerCgroup): CgroupStats {
  const of = (controller: string): Place => {
    const legacy = cgroup.legacy?.[controller];
    if (legacy !== undefined) return { version: 1, directory: legacy };
    return { version: 2, directory: cgroup.unified ?? "" };
  };
  return {
    cpu: cpuStats(of("cpu"), of("cpuacct")),
    memory: memoryStats(of("memory")),
    pids: pidsStats(of("pids").directory),
    blkio: blockStats(cgroup.legacy?.blkio === undefined ? of("io") : of("blkio")),
    hugetlb: hugePageStats(of("hugetlb")),
  };
}

interface Place {
  version: 1 | 2;
  directory: string;
}

function cpuStats(cpu: Place, account: Place): CgroupStats["cpu"] {
  const stat = keyValues(readFile(join(cpu.directory, "cpu.stat")) ?? "");
  const throttled = cpu.version === 2 ? scaled(stat.get("throttled_usec")) : stat.get("throttled_time");
  const throttling = some({
    periods: stat.get("nr_periods"),
    throttledPeriods: stat.get("nr_throttled"),
    throttledTime: throttled,
  });
  return { usage: cpuUsage(account), throttling, ...pressure(cpu.directory, "cpu") };
}

function cpuUsage({ version, directory }: Place): CgroupStats["cpu"]["usage"] {
  if (version === 1) {
    const read = (file: string): number => readNumber(join(directory, file)) ?? 0;
    return {
      ...some({ total: read("cpuacct.usage") }),
      kernel: read("cpuacct.usage_sys"),
      user: read("cpuacct.usage_user"),
    };
  }
  const stat = keyValues(readFile(join(directory, "cpu.stat")) ?? "");
  return {
    ...some({ total: scaled(stat.get("usage_usec")) }),
    kernel: scaled(stat.get("system_usec")) ?? 0,
    user: scaled(stat.get("user_usec")) ?? 0,
  };
}

function memoryStats({ version, directory }: Place): CgroupStats["memory"] {
  const raw = keyValues(readFile(join(directory, "memory.stat")) ?? "");
  const cache = raw.get(version === 1 ? "cache" : "file");
  return {
    ...some({ cache }),
    usage: version === 1 ? legacyMemory(directory, "") : unifiedMemory(directory, "memory"),
    swap: version === 1 ? legacyMemory(directory, "memsw.") : unifiedMemory(directory, "memory.swap"),
    kernel: version === 1 ? legacyMemory(directory, "kmem.") : { limit: 0, failcnt: 0 },
    kernelTCP: version === 1 ? legacyMemory(directory, "kmem.tcp.") : { limit: 0, failcnt: 0 },
    raw: Object.fromEntries(raw),
    ...pressure(directory, "memory"),
  };
}

function unifiedMemory(directory: string, name: "memory" | "memory.swap"): MemoryCount {
  const events = keyValues(readFile(join(directory, `${name}.events`)) ?? "");
  return {
    limit: readNumber(join(directory, `${name}.max`)) ?? 0,
    ...some({
      usage: readNumber(join(directory, `${name}.current`)),
      max: readNumber(join(directory, `${name}.peak`)),
    }),
    failcnt: events.get("max") ?? 0,
  };
}

function legacyMemory(directory: string, kind: "" | "memsw." | "kmem." | "kmem.tcp."): MemoryCount {
  const read = (file: string): number | undefined => readNumber(join(directory, `memory.${kind}${file}`));
  return {
    limit: read("limit_in_bytes") ?? 0,
    ...some({ usage: read("usage_in_bytes"), max: read("max_usage_in_bytes") }),
    failcnt: read("failcnt") ?? 0,
  };
}

function pidsStats(directory: string): CgroupStats["pids"] {
  const limit = readNumber(join(directory, "pids.max"));
  // Here, unlike with memory, no limit is told as none.
  return some({ current: readNumber(join(directory, "pids.current")), limit: limit === noLimit ? undefined : limit });
}

/** io.stat of v2 (`8:0 rbytes=… wbytes=… rios=… wios=…`); of v1 the throttling policy's counters (`8:0 Read 4096`). */
function blockStats({ version, directory }: Place): CgroupStats["blkio"] {
  if (version === 1) {
    return {
      ioServiceBytesRecursive: legacyBlock(directory, "blkio.throttle.io_service_bytes_recursive"),
      ioServicedRecursive: legacyBlock(directory, "blkio.throttle.io_serviced_recursive"),
    };
  }
  const bytes: BlockCount[] = [];
  const operations: BlockCount[] = [];
  for (const line of lines(readFile(join(directory, "io.stat")))) {
    const [device = "", ...fields] = line.split(" ");
    for (const field of fields) {
      const [name = "", value] = field.split("=");
      const op = { r: "Read", w: "Write", d: "Discard" }[name[0] ?? ""];
      if (op && name.endsWith("bytes")) bytes.push(blockCount(device, op, value));
      if (op && name.endsWith("ios")) operations.push(blockCount(device, op, value));
    }
  }
  return {
    ...some({
      ioServiceBytesRecursive: bytes.length > 0 ? bytes : undefined,
      ioServicedRecursive: operations.length > 0 ? operations : undefined,
    }),
    ...pressure(directory, "io"),
  };
}

function legacyBlock(directory: string, file: string): BlockCount[] {
  return lines(readFile(join(directory, file)))
    .map((line) => line.split(" "))
    .filter((fields) => fields.length === 3)
    .map(([device = "", op = "", value]) => blockCount(device, op, value));
}

function blockCount(device: string, op: string, value: string | undefined): BlockCount {
  const [major, minor] = device.split(":").map(Number);
  return { major: major ?? 0, minor: minor ?? 0, op, value: Number(value) };
}

function hugePageStats({ version, directory }: Place): CgroupStats["hugetlb"] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const suffix = version === 1 ? ".usage_in_bytes" : ".current";
  const sizes = names.flatMap((name) =>
    name.startsWith("hugetlb.") && name.endsWith(suffix) && !name.includes(".rsvd.")
      ? [name.slice("hugetlb.".length, -suffix.length)]
      : [],
  );
  return Object.fromEntries(
    sizes.map((size) => {
      const read = (file: string): number | undefined => readNumber(join(directory, `hugetlb.${size}.${file}`));
      const events = keyValues(readFile(join(directory, `hugetlb.${size}.events`)) ?? "");
      const counts =
        version === 1
          ? {
              ...some({ usage: read("usage_in_bytes"), max: read("max_usage_in_bytes") }),
              failcnt: read("failcnt") ?? 0,
            }
          : { ...some({ usage: read("current") }), failcnt: events.get("max") ?? 0 };
      return [size, counts];
    }),
  );
}

/** Pressure stall information; left out where the kernel was built or started without it. */
function pressure(directory: string, resource: "cpu" | "memory" | "io"): { psi?: PressureStats } {
  let text: string | undefined;
  try {
    text = readFile(join(directory, `${resource}.pressure`));
  } catch (error) {
    // Started with psi=0: the files are there and reading them is refused.
    if (errnoOf(error) === "EOPNOTSUPP") return {};
    throw error;
  }
  const rows = new Map(lines(text).map((line) => [line.split(" ")[0], line]));
  const [someRow, fullRow] = [rows.get("some"), rows.get("full")];
  if (someRow === undefined) return {};
  return { psi: { some: pressureOf(someRow), full: pressureOf(fullRow ?? "") } };
}

function pressureOf(line: string): Pressure {
  const fields = new Map(line.split(" ").map((field) => field.split("=") as [string, string]));
  const read = (name: string): number => Number(fields.get(name) ?? 0);
  return { avg10: read("avg10"), avg60: read("avg60"), avg300: read("avg300"), total: read("total") };
}

function lines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter(Boolean);
}

function scaled(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds * 1000;
}

/** Without the fields that are undefined. */
function some<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: NonNullable<Fields[Name]>;
  };
}
