import t from "tap";
import type { RuntimeConfig } from "../types.ts";
import { planMount } from "./mount-options.ts";
import { sysctlFile } from "./sysctl.ts";
import { validateConfig, validateProcess } from "./validate-config.ts";

const good: RuntimeConfig = {
  ociVersion: "1.0.2",
  root: { path: "/rootfs" },
  process: { cwd: "/", args: ["true"] },
  linux: { namespaces: [{ type: "mount" }, { type: "uts" }] },
};

/** With a new user namespace that has these maps of users; its groups are mapped as one range. */
function userNamespace(uidMappings: object[]): object {
  const gidMappings = [{ containerID: 0, hostID: 1000, size: 100 }];
  return { linux: { namespaces: [{ type: "mount" }, { type: "user" }], uidMappings, gidMappings } };
}

t.test("a good configuration passes, and what is undefined is not there", async (t) => {
  t.equal(validateConfig(good), good);
  validateConfig({ ...good, hostname: undefined, annotations: { a: "b" } });
});

t.test("everything else is refused with its path", async (t) => {
  const bad: [path: string, change: object, message: RegExp][] = [
    ["hostnam", { hostnam: "x" }, /is not supported/],
    ["process.selinuxLabel", { process: { ...good.process, selinuxLabel: 1 } }, /expected a string/],
    ["process.args", { process: { cwd: "/", args: [] } }, /is empty/],
    ["process.args[1]", { process: { cwd: "/", args: ["a", 1] } }, /expected a string, got 1/],
    ["process.args[0]", { process: { cwd: "/", args: ["a\0"] } }, /NUL/],
    ["process.cwd", { process: { cwd: "rel", args: ["a"] } }, /absolute path/],
    ["process.cwd", { process: { args: ["a"] } }, /is required/],
    ["process.env[0]", { process: { ...good.process, env: ["A"] } }, /NAME=value/],
    ["process.user.uid", { process: { ...good.process, user: { uid: -1, gid: 0 } } }, /whole number/],
    [
      "process.capabilities.bounding[0]",
      { process: { ...good.process, capabilities: { bounding: ["CAP_NET_ADMN"] } } },
      /not supported/,
    ],
    [
      "process.rlimits[0].type",
      { process: { ...good.process, rlimits: [{ type: "NOFILE", soft: 1, hard: 1 }] } },
      /not supported/,
    ],
    ["ociVersion", { ociVersion: "2.0.0" }, /not a version 1/],
    ["root", { root: undefined }, /is required/],
    ["root", { root: [] }, /expected an object, got \[\]/],
    ["linux.intelRdt", { linux: { ...good.linux, intelRdt: { closID: "a" } } }, /is not supported/],
    ["linux.rootfsPropagation", { linux: { rootfsPropagation: "rslave" } }, /needs a mount namespace/],
    [
      "linux.namespaces",
      {
        linux: {
          namespaces: [{ type: "user" }],
          uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
          gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
        },
      },
      /no mount namespace/,
    ],
    ["linux.namespaces[1]", { linux: { namespaces: [{ type: "mount" }, { type: "mount" }] } }, /named twice/],
    [
      "linux.namespaces[0].path",
      {
        linux: {
          namespaces: [
            { type: "mount", path: "/x" },
            { type: "user", path: "/y" },
          ],
        },
      },
      /together with a user namespace/,
    ],
    ["linux.uidMappings", { linux: { namespaces: [{ type: "mount" }, { type: "user" }] } }, /is required/],
    ["linux.uidMappings", userNamespace([{ containerID: 1, hostID: 1, size: 1 }]), /does not map id 0/],
    [
      "linux.uidMappings[1]",
      userNamespace([
        { containerID: 0, hostID: 1000, size: 10 },
        { containerID: 5, hostID: 9000, size: 1 },
      ]),
      /overlaps with linux.uidMappings\[0\] in its containerIDs/,
    ],
    [
      "process.user.uid",
      {
        ...userNamespace([{ containerID: 0, hostID: 1000, size: 10 }]),
        process: { ...good.process, user: { uid: 33, gid: 0 } },
      },
      /33 is not mapped/,
    ],
    [
      "linux.uidMappings",
      { linux: { ...good.linux, uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] } },
      /no user/,
    ],
    ["linux.timeOffsets", { linux: { ...good.linux, timeOffsets: { monotonic: { secs: 5 } } } }, /no time namespace/],
    ["linux.timeOffsets.realtime", { linux: { ...good.linux, timeOffsets: { realtime: {} } } }, /not supported/],
    ["linux.personality.flags[0]", { linux: { ...good.linux, personality: { domain: "LINUX", flags: ["X"] } } }, /not/],
    [
      "linux.memoryPolicy.nodes",
      { linux: { ...good.linux, memoryPolicy: { mode: "MPOL_BIND" } } },
      /MPOL_BIND needs at least one node/,
    ],
    [
      "process.scheduler.priority",
      { process: { ...good.process, scheduler: { policy: "SCHED_FIFO" } } },
      /SCHED_FIFO needs one/,
    ],
    [
      "process.scheduler",
      { process: { ...good.process, scheduler: { policy: "SCHED_DEADLINE", runtime: 10, deadline: 5 } } },
      /0 < runtime <= deadline/,
    ],
    [
      "process.ioPriority.priority",
      { process: { ...good.process, ioPriority: { class: "IOPRIO_CLASS_BE", priority: 8 } } },
      /from 0 to 7/,
    ],
    [
      "process.execCPUAffinity.final",
      { process: { ...good.process, execCPUAffinity: { final: "3-1" } } },
      /not a list of numbers/,
    ],
    [
      "process.rlimits[1].type",
      {
        process: {
          ...good.process,
          rlimits: [
            { type: "RLIMIT_CORE", soft: 0, hard: 0 },
            { type: "RLIMIT_CORE", soft: 1, hard: 1 },
          ],
        },
      },
      /named twice/,
    ],
    [
      "process.rlimits[0].soft",
      { process: { ...good.process, rlimits: [{ type: "RLIMIT_CORE", soft: 2, hard: 1 }] } },
      /above the hard limit/,
    ],
    ["mounts[0].options", { mounts: [{ destination: "/a", source: "/b", options: ["bind", "idmap"] }] }, /has none/],
    [
      "mounts[0].gidMappings",
      {
        mounts: [
          {
            destination: "/a",
            source: "/b",
            options: ["bind", "idmap"],
            uidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
          },
        ],
      },
      /is missing/,
    ],
    ["mounts[0].options", { mounts: [{ destination: "/a", type: "proc", options: ["tmpcopyup"] }] }, /of tmpfs/],
    ["linux.cgroupsPath", { linux: { ...good.linux, cgroupsPath: "a/../../b" } }, /leaves the cgroup root/],
    ["linux.cgroupsPath", { linux: { ...good.linux, cgroupsPath: "system.slice:drydock:x" } }, /systemd/],
    ['linux.sysctl["kernel.panic"]', { linux: { ...good.linux, sysctl: { "kernel.panic": "1" } } }, /whole host/],
    [
      'linux.sysctl["net.core.somaxconn"]',
      { linux: { ...good.linux, sysctl: { "net.core.somaxconn": "1" } } },
      /no network namespace/,
    ],
    [
      'linux.sysctl["net/../kernel/panic"]',
      { linux: { ...good.linux, sysctl: { "net/../kernel/panic": "1" } } },
      /not a sysctl/,
    ],
    ["hostname", { hostname: "x", linux: { namespaces: [{ type: "mount" }] } }, /host's name/],
    ["mounts[0].source", { mounts: [{ destination: "/a", options: ["bind"] }] }, /absolute path/],
    ["mounts[0].type", { mounts: [{ destination: "/a", type: "ext4" }] }, /not supported/],
    [
      "mounts[0].options[1]",
      { mounts: [{ destination: "/a", source: "/b", options: ["bind", "remount"] }] },
      /remount is not supported/,
    ],
    ["mounts[0].destination", { mounts: [{ destination: "/a/../b", type: "tmpfs" }] }, /contains \.\./],
    ["mounts[0].destination", { mounts: [{ destination: "//", type: "tmpfs" }] }, /root itself/],
  ];
  for (const [path, change, message] of bad) {
    t.throws(
      () => validateConfig({ ...good, ...change }),
      { code: "RUNTIME_INVALID_CONFIG", details: { path }, message },
      path,
    );
  }
  for (const value of [null, 5, "x", []]) t.throws(() => validateConfig(value), { code: "RUNTIME_INVALID_CONFIG" });
  t.throws(() => validateProcess({ cwd: "/", args: ["a"], tty: true }), {
    code: "RUNTIME_INVALID_CONFIG",
    details: { path: "process.tty" },
  });
});

t.test("what other tools write without asking for anything passes", async (t) => {
  validateConfig({
    ...good,
    hooks: {},
    process: { ...good.process, apparmorProfile: "", selinuxLabel: "" },
    linux: {
      ...good.linux,
      intelRdt: null,
      uidMappings: [],
      devices: [],
      resources: {
        blockIO: { weight: 0 },
        memory: { disableOOMKiller: false },
        devices: [{ allow: false, access: "rwm" }],
      },
    },
  });
  t.throws(
    () => validateConfig({ ...good, hostnam: "" }),
    { code: "RUNTIME_INVALID_CONFIG" },
    "only fields of the spec",
  );
  t.throws(() => validateConfig({ ...good, linux: { ...good.linux, intelRdt: { closID: "a" } } }), {
    code: "RUNTIME_INVALID_CONFIG",
    details: { path: "linux.intelRdt" },
    hint: /remove it: cache and bandwidth/,
  });
});

t.test("a near miss is told", async (t) => {
  t.throws(() => validateConfig({ ...good, hostnam: "x" }), {
    code: "RUNTIME_INVALID_CONFIG",
    hint: "did you mean hostname?",
  });
  t.throws(() => validateConfig({ ...good, linux: { namespaces: [{ type: "net" }] } }), {
    code: "RUNTIME_INVALID_CONFIG",
    hint: /network/,
  });
});

t.test("mount options go to those who take them", async (t) => {
  t.match(
    planMount({ destination: "/x", type: "tmpfs", options: ["nosuid", "ro", "size=1m", "mode=755", "rw"] }, ""),
    {
      kind: "filesystem",
      recursive: false,
      attributes: { set: ["MOUNT_ATTR_NOSUID"] },
      below: { set: [], clear: [] },
      data: [
        { key: "size", value: "1m" },
        { key: "mode", value: "755" },
      ],
    },
    "the later of ro and rw holds",
  );
  t.match(
    planMount(
      { destination: "/x", source: "/y", options: ["rbind", "rro", "rsuid", "noexec", "rslave", "ridmap"] },
      "",
    ),
    {
      kind: "bind",
      recursive: true,
      attributes: { set: ["MOUNT_ATTR_NOEXEC"], clear: [] },
      below: { set: ["MOUNT_ATTR_RDONLY"], clear: ["MOUNT_ATTR_NOSUID"], atime: false },
      propagation: { flag: "MS_SLAVE", recursive: true },
      idmap: "ridmap",
      data: [],
    },
  );
  t.match(planMount({ destination: "/x", source: "/y", options: ["bind", "rnoatime", "rrelatime"] }, "").below, {
    set: [],
    atime: true,
  });
});

t.test("names of sysctls are paths", async (t) => {
  t.equal(sysctlFile("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  t.equal(sysctlFile("net/ipv4/conf/eth0.1/forwarding"), "net/ipv4/conf/eth0.1/forwarding");
});
