import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DrydockError } from "@drydock/kit";
import { chooseExecutor } from "@drydock/linux";
import fc from "fast-check";
import t from "tap";
import { defaultCapabilityNames, defaultMaskedPaths, defaultMounts, defaultReadonlyPaths } from "./config/defaults.ts";
import { makeTestHost, scriptConfig } from "./fixtures/test-host.ts";
import type { LinuxConfig, MountConfig, ProcessConfig, RootSource, RuntimeConfig } from "./types.ts";

/** FC_SEED and FC_PATH in the environment run one failure again: fast-check prints both. */
const again = {
  ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}),
  ...(process.env.FC_PATH ? { path: process.env.FC_PATH } : {}),
};

const someOf = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values]);
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const capabilities = someOf(defaultCapabilityNames);

const processes: fc.Arbitrary<Partial<ProcessConfig>> = fc.record(
  {
    cwd: fc.constantFrom("/", "/tmp", "/new/deep/place"),
    env: fc
      .array(fc.tuple(name, fc.string({ unit: "grapheme-ascii", maxLength: 30 })), { maxLength: 5 })
      .map((pairs) => ["PATH=/bin", ...pairs.map(([key, value]) => `${key}=${value.replaceAll("\0", "")}`)]),
    user: fc.record({
      uid: fc.constantFrom(0, 1000, 65534),
      gid: fc.constantFrom(0, 1000),
      umask: fc.constantFrom(0o22, 0o77),
      additionalGids: fc.array(fc.integer({ min: 1, max: 60000 }), { maxLength: 4 }),
    }),
    capabilities: capabilities.map((set) => ({ bounding: set, permitted: set, effective: set })),
    noNewPrivileges: fc.boolean(),
    oomScoreAdj: fc.integer({ min: -1000, max: 1000 }),
    rlimits: fc.constantFrom([], [{ type: "RLIMIT_NOFILE", soft: 64, hard: 128 }]),
    ioPriority: fc.record({
      class: fc.constantFrom("IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"),
      priority: fc.integer({ min: 0, max: 7 }),
    }),
    scheduler: fc.record({
      policy: fc.constantFrom("SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE"),
      nice: fc.integer({ min: -20, max: 19 }),
    }),
    args: fc.constantFrom(["true"], ["sh", "-c", "exit 3"], ["sh", "-c", "id"], ["/not/there"], ["/etc"]),
  },
  { requiredKeys: ["args"] },
);

const tmpfsOptions = someOf(["ro", "nosuid", "noexec", "size=64k", "private", "strictatime", "tmpcopyup"]);
const bindOptions = someOf(["ro", "noexec", "rro", "rrw", "rslave", "rshared", "rnosuid"]).map((rest) => [
  "rbind",
  ...rest,
]);
const destination = fc.constantFrom("/extra", "/tmp", "/a/b/c", "/etc");

const extraMounts: fc.Arbitrary<MountConfig[]> = fc.array(
  fc.oneof(
    fc.record({ destination, type: fc.constant("tmpfs"), source: fc.constant("tmpfs"), options: tmpfsOptions }),
    fc.record({ destination, source: fc.constantFrom("/etc", "/usr", "/not-there"), options: bindOptions }),
    fc.record({ destination, type: fc.constantFrom("mqueue", "proc"), source: fc.constant("none") }),
  ),
  { maxLength: 3 },
);

const namespaces = someOf(["pid", "uts", "ipc", "network", "cgroup", "time", "user"] as const);
/** Ids of the user namespaces: of nobody on this host. */
const mappings = [{ containerID: 0, hostID: 900_000, size: 65_536 }];

const linux: fc.Arbitrary<Partial<LinuxConfig>> = fc.record(
  {
    maskedPaths: someOf([...defaultMaskedPaths, "/etc", "/not/there"]),
    readonlyPaths: someOf([...defaultReadonlyPaths, "/bin", "/not/there"]),
    rootfsPropagation: fc.constantFrom("private", "rslave", "unbindable"),
    resources: fc.record({ pids: fc.record({ limit: fc.integer({ min: 16, max: 1000 }) }) }),
  },
  { requiredKeys: [] },
);

const configs: fc.Arbitrary<RuntimeConfig> = fc
  .record({ process: processes, linux, types: namespaces, extra: extraMounts, readonly: fc.boolean(), hostname: name })
  .map(({ process, linux, types, extra, readonly, hostname }) => {
    const has = (type: string): boolean => (types as readonly string[]).includes(type);
    const own = { namespaces: [{ type: "mount" as const }, ...types.map((type) => ({ type }))] };
    const timeOffsets = has("time") ? { timeOffsets: { boottime: { secs: 3600 } } } : {};
    const ids = has("user") ? { uidMappings: mappings, gidMappings: mappings } : {};
    const sysctl = has("network") ? { "net.ipv4.ip_forward": "1" } : {};
    const { hostname: _, ...config } = scriptConfig("", {
      process,
      linux: { ...linux, ...own, ...timeOffsets, ...ids, sysctl },
    });
    // What the kernel lets nobody mount without a namespace of its own; root of a user namespace has more of these.
    const needed: Record<string, string> = {
      sysfs: "network",
      mqueue: "ipc",
      ...(has("user") ? { proc: "pid", cgroup2: "cgroup" } : {}),
    };
    const mounts = defaultMounts().filter(({ type = "" }) => has(needed[type] ?? "") || !needed[type]);
    return {
      ...config,
      root: { path: "rootfs", readonly },
      mounts: [...mounts, ...extra],
      ...(has("uts") ? { hostname } : {}),
    };
  });

t.test("random configurations run or are refused, and leave nothing behind", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  // Layers belong to the host's ids: with a user namespace the root is a directory that belongs to its own.
  const mapped = join(host.directory, "mapped");
  execFileSync("cp", ["-a", host.rootfs, mapped]);
  execFileSync("chown", ["-hR", "900000:900000", mapped]);
  const rootOf = ({ linux }: RuntimeConfig): RootSource =>
    linux?.uidMappings ? { type: "directory", path: mapped } : { type: "volatile-overlay", lower: [host.rootfs] };
  const seen = { ran: 0, refused: 0, users: 0 };
  let serial = 0;
  const property = fc.asyncProperty(configs, async (config) => {
    const id = `random-${++serial}`;
    try {
      await host.runtime.run({ id, config, root: rootOf(config) });
      await host.runtime.wait(id, AbortSignal.timeout(30_000));
      await host.runtime.delete(id);
      seen.ran++;
      if (config.linux?.uidMappings) seen.users++;
    } catch (error) {
      // A sentence with a code, and never anything else.
      if (!(error instanceof DrydockError) || !/^(RUNTIME|LINUX)_/.test(error.code)) throw error;
      seen.refused++;
    }
    const left = host.leftovers();
    if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  });
  await fc.assert(property, { numRuns: 100, ...again });
  t.ok(seen.ran > 15 && seen.refused > 5, `${seen.ran} ran, ${seen.users} in user namespaces; ${seen.refused} did not`);
});

/** Values that no field takes. */
const nonsense = fc.constantFrom<unknown>(null, -1, 1.5, "", "\0", [], [[]], { a: {} }, true, "x".repeat(5000));

t.test("what is not a configuration is refused before anything is made", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const good = scriptConfig("true") as unknown as Record<string, unknown>;
  const places = [
    "ociVersion",
    "process",
    "process.args",
    "process.cwd",
    "process.capabilities",
    "root",
    "root.path",
    "mounts",
    "linux",
    "linux.namespaces",
  ];
  const seen = { refused: 0 };
  const property = fc.asyncProperty(fc.constantFrom(...places), nonsense, async (place, value) => {
    const config = structuredClone(good);
    const names = place.split(".");
    const last = names.pop() as string;
    let parent = config;
    for (const one of names) parent = parent[one] as Record<string, unknown>;
    parent[last] = value;
    const request = { id: "bad", config: config as unknown as RuntimeConfig };
    try {
      await host.runtime.run(request);
      await host.runtime.delete("bad", { force: true });
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
      if (error.code === "RUNTIME_INVALID_CONFIG") seen.refused++;
      else if (error.code !== "RUNTIME_STEP_FAILED") throw error;
    }
    const left = host.leftovers();
    if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  });
  await fc.assert(property, { numRuns: 150, ...again });
  t.ok(seen.refused > 75, `${seen.refused} of 150 refused`);
});
