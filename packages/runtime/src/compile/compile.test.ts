import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeProgram, flattenProgram, manualPages, printProgram, type SyscallProgram } from "@drydock/linux";
import t from "tap";
import {
  capabilitySetsFor,
  defaultMaskedPaths,
  defaultMounts,
  defaultNamespaces,
  defaultReadonlyPaths,
} from "../config/defaults.ts";
import type { RootSource, RuntimeConfig } from "../types.ts";
import { compile } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { CompileInput } from "./compile-input.ts";

/** Plans as text, held against files: `UPDATE_PLANS=1 node compile.test.ts` writes them anew, and the diff is reviewed. */
function matchesPlan(t: Tap, name: string, program: SyscallProgram): void {
  const file = fileURLToPath(new URL(`./fixtures/${name}.plan`, import.meta.url));
  const plan = printProgram(program);
  if (process.env.UPDATE_PLANS) writeFileSync(file, plan);
  t.equal(plan, readFileSync(file, "utf8"));
  for (const arch of ["x64", "arm64"] as const) {
    const inherit = { report: 3, container: 4, caller: 5, status: 6, stdin: 7, stdout: 8, stderr: 9 };
    t.ok(encodeProgram(program, { arch, inherit }).image.length > 0x1000, `can be laid out for ${arch}`);
  }
}

type Tap = Pick<typeof t, "equal" | "ok">;

const minimal: RuntimeConfig = {
  ociVersion: "1.0.2",
  root: { path: "/rootfs" },
  process: { cwd: "/", args: ["/bin/true"] },
  linux: { namespaces: [{ type: "mount" }] },
};

function input(config: RuntimeConfig, changes: Partial<CompileInput> = {}): CompileInput {
  return {
    id: "c1",
    config,
    root: { type: "directory", path: "/rootfs" },
    directory: "/run/drydock/c1",
    streams: {
      stdin: { path: "/dev/null", kind: "null" },
      stdout: { path: "/logs/out", kind: "fifo" },
      stderr: { path: "/logs/err", kind: "file" },
    },
    firstProcess: "args",
    facts: { sourceKinds: new Map(), permitted: 0x1ffffffffffn, oomScoreAdj: 0 },
    arch: "x64",
    ...changes,
  };
}

t.test("the least that a container can be", async (t) => matchesPlan(t, "minimal", compile(input(minimal))));

t.test("an ordinary container", async (t) => {
  const config: RuntimeConfig = {
    ociVersion: "1.0.2",
    hostname: "web",
    root: { path: "/", readonly: true },
    process: {
      cwd: "/srv/app",
      args: ["httpd", "-f"],
      env: ["PATH=/usr/bin:/bin", "A=b"],
      user: { uid: 1000, gid: 1000, umask: 0o027, additionalGids: [5] },
      capabilities: {
        ...capabilitySetsFor(["CAP_NET_BIND_SERVICE"]),
        inheritable: ["CAP_NET_BIND_SERVICE"],
        ambient: ["CAP_NET_BIND_SERVICE"],
      },
      noNewPrivileges: true,
      oomScoreAdj: 100,
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: 4096 }],
    },
    mounts: [
      ...defaultMounts(),
      { destination: "/data", source: "/host/data", options: ["rbind", "rro"] },
      { destination: "/etc/resolv.conf", source: "/host/resolv.conf", options: ["bind", "ro", "nosuid"] },
    ],
    linux: {
      namespaces: defaultNamespaces().map((one) => (one.type === "network" ? { ...one, path: "/run/netns/pod" } : one)),
      maskedPaths: [...defaultMaskedPaths.slice(0, 2)],
      readonlyPaths: [...defaultReadonlyPaths.slice(0, 1)],
      sysctl: { "net.ipv4.ip_unprivileged_port_start": "0" },
    },
  };
  const facts = {
    ...input(config).facts,
    sourceKinds: new Map([
      ["/host/data", "directory"],
      ["/host/resolv.conf", "file"],
    ] as const),
  };
  const root: RootSource = { type: "overlay", lower: ["/layers/2", "/layers/1"], upper: "/c1/upper", work: "/c1/work" };
  matchesPlan(t, "ordinary", compile(input(config, { root, cgroup: "/sys/fs/cgroup/drydock/c1", facts })));
});

t.test("a node", async (t) => {
  const config: RuntimeConfig = {
    ...minimal,
    process: { cwd: "/", args: ["init"] },
    mounts: [{ destination: "/sys/fs/cgroup", type: "cgroup", options: ["rw"] }],
    linux: { namespaces: defaultNamespaces() },
  };
  const root: RootSource = { type: "volatile-overlay", lower: ["/"], sizeBytes: 1 << 30 };
  matchesPlan(t, "node", compile(input(config, { root, cgroup: "/sys/fs/cgroup/n1", firstProcess: "reaper" })));
});

const ownUser: RuntimeConfig = {
  ...minimal,
  process: {
    cwd: "/",
    args: ["/bin/true"],
    scheduler: { policy: "SCHED_BATCH", nice: 5 },
    ioPriority: { class: "IOPRIO_CLASS_BE", priority: 6 },
  },
  mounts: [
    { destination: "/dev", type: "tmpfs", source: "tmpfs" },
    { destination: "/data", source: "/host/data", options: ["rbind", "ridmap", "rslave"] },
    {
      destination: "/other",
      source: "/host/other",
      options: ["bind", "idmap"],
      uidMappings: [{ containerID: 1000, hostID: 2000, size: 1 }],
      gidMappings: [{ containerID: 1000, hostID: 2000, size: 1 }],
    },
    { destination: "/srv", type: "tmpfs", options: ["tmpcopyup", "nosuid"] },
  ],
  linux: {
    namespaces: [{ type: "mount" }, { type: "user" }, { type: "time" }, { type: "uts", path: "/run/uts" }],
    uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    timeOffsets: { boottime: { secs: 60 } },
    maskedPaths: ["/proc/keys"],
    personality: { domain: "LINUX32" },
    memoryPolicy: { mode: "MPOL_BIND", nodes: "0" },
    rootfsPropagation: "rslave",
  },
};

t.test("a user namespace, and what goes with it", async (t) => {
  const program = compile(input(ownUser));
  matchesPlan(t, "user-namespace", program);
  for (const { step } of flattenProgram(program)) {
    t.ok(step.name === "jump" || (step.why.length > 5 && manualPages(step).length > 0), `${step.name} is explained`);
  }
});

t.test("an ordinary user", async (t) => {
  const own = [{ containerID: 0, hostID: 1000, size: 1 }];
  const namespaces: NonNullable<RuntimeConfig["linux"]>["namespaces"] = [{ type: "mount" }, { type: "user" }];
  const rootless = { uid: 1000, gid: 1000, newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap" };
  const facts = { ...input(minimal).facts, rootless };
  const config = { ...minimal, linux: { namespaces, uidMappings: own, gidMappings: own } };
  const alone = printProgram(compile(input(config, { facts })));
  t.match(alone, /write\(map, "deny", 4\)[\s\S]*write\(map, "0 1000 1\\n", 9\)/, "only the own id");
  t.notMatch(alone, /setgroups\(0/, "no groups are set where they cannot be");
  const more = [...own, { containerID: 1, hostID: 100000, size: 65536 }];
  const given = { ...minimal, linux: { namespaces, uidMappings: more, gidMappings: more } };
  matchesPlan(t, "rootless", compile(input(given, { facts })));
});

t.test("an exec", async (t) => {
  const process = { cwd: "/", args: ["sh"], env: ["PATH=/bin"], terminal: true };
  matchesPlan(
    t,
    "exec",
    compileExec({ id: "c1", process, cgroup: "/sys/fs/cgroup/c1", joinUser: false, permitted: 0n, oomScoreAdj: 100 }),
  );
});

t.test("a plan depends on its input alone", async (t) => {
  t.equal(printProgram(compile(input(minimal))), printProgram(compile(input(minimal))));
});

t.test("options of an overlay are escaped", async (t) => {
  const root: RootSource = { type: "overlay", lower: ["/a:b", "/c,d"], upper: "/u,p", work: "/w" };
  t.match(
    printProgram(compile(input(minimal, { root }))),
    String.raw`lowerdir=/a\\:b:/c\\,d,upperdir=/u\\,p,workdir=/w`,
  );
});

t.test("layers that do not fit into a page of options", async (t) => {
  const layers = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `/store/${"p".repeat(60)}/${index}`);
  const plan = (lower: string[]): string =>
    printProgram(compile(input(minimal, { root: { type: "overlay", lower, upper: "/u", work: "/w" } })));
  t.match(plan(layers(50)), /mount\("overlay".*lowerdir=\/store/);
  t.match(plan(layers(200)), /chdir\("\/store\/p+"\).*\n.*mount\("overlay".*lowerdir=0:1:2/);
  t.match(plan(layers(2000)), /"lowerdir\+", "\/store\/p+\/1999"/);
});
