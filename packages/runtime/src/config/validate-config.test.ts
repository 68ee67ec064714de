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

t.test("a good configuration passes, and what is undefined is not there", async (t) => {
  t.equal(validateConfig(good), good);
  validateConfig({ ...good, hostname: undefined, annotations: { a: "b" } });
});

t.test("everything else is refused with its path", async (t) => {
  const bad: [path: string, change: object, message: RegExp][] = [
    ["hooks", { hooks: { prestart: [{ path: "/x" }] } }, /hooks: is not supported/],
    ["hostnam", { hostnam: "x" }, /is not supported/],
    ["process.selinuxLabel", { process: { ...good.process, selinuxLabel: "x" } }, /is not supported/],
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
    ["linux.seccomp", { linux: { ...good.linux, seccomp: { defaultAction: "SCMP_ACT_ERRNO" } } }, /is not supported/],
    ["linux.namespaces", { linux: {} }, /no mount namespace/],
    ["linux.namespaces[1]", { linux: { namespaces: [{ type: "mount" }, { type: "mount" }] } }, /named twice/],
    [
      "linux.namespaces[0].path",
      { linux: { namespaces: [{ type: "mount", path: "/x" }] } },
      /mount namespace is not supported/,
    ],
    ["linux.namespaces[1]", { linux: { namespaces: [{ type: "mount" }, { type: "user" }] } }, /user namespace/],
    ["linux.cgroupsPath", { linux: { ...good.linux, cgroupsPath: "a/../../b" } }, /leaves the cgroup root/],
    ["linux.cgroupsPath", { linux: { ...good.linux, cgroupsPath: "system.slice:drydock:x" } }, /systemd/],
    [
      "linux.resources.blockIO",
      { linux: { ...good.linux, resources: { blockIO: { weight: 10 } } } },
      /is not supported/,
    ],
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
      "mounts[0].options[0]",
      { mounts: [{ destination: "/a", source: "/b", options: ["rshared"] }] },
      /rshared is not supported/,
    ],
    [
      "mounts[0].options",
      { mounts: [{ destination: "/a", source: "/b", options: ["bind", "size=1"] }] },
      /size is not an option of a bind/,
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
      seccomp: null,
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
  t.throws(() => validateConfig({ ...good, linux: { ...good.linux, seccomp: { defaultAction: "SCMP_ACT_ALLOW" } } }), {
    code: "RUNTIME_INVALID_CONFIG",
    details: { path: "linux.seccomp" },
    hint: /remove it: every system call/,
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
  t.strictSame(
    planMount({ destination: "/x", type: "tmpfs", options: ["nosuid", "ro", "size=1m", "mode=755", "rw"] }, ""),
    {
      kind: "filesystem",
      recursive: false,
      attributes: ["MOUNT_ATTR_NOSUID", "MOUNT_ATTR_RDONLY"],
      recursiveAttributes: false,
      data: [
        { key: "size", value: "1m" },
        { key: "mode", value: "755" },
      ],
    },
  );
  t.match(planMount({ destination: "/x", source: "/y", options: ["rbind", "rro", "rprivate"] }, ""), {
    kind: "bind",
    recursive: true,
    attributes: ["MOUNT_ATTR_RDONLY"],
    recursiveAttributes: true,
  });
});

t.test("names of sysctls are paths", async (t) => {
  t.equal(sysctlFile("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  t.equal(sysctlFile("net/ipv4/conf/eth0.1/forwarding"), "net/ipv4/conf/eth0.1/forwarding");
});
