import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { cString, syscall } from "@drydock/linux";
import { breakout } from "../fixtures/attack-host.ts";
import { collect, scriptConfig } from "../fixtures/test-host.ts";

breakout(
  "CVE-2022-29162",
  {
    attack:
      "Processes begin with inheritable capabilities that nobody asked for. A program with inheritable file capabilities then gives them to a user who is not root.",
    defence:
      "The inheritable set is what process.capabilities.inheritable says and empty without it, for exec, too; it is set by capset for every process.",
  },
  async (t, { host, image, root, run }) => {
    // Struct vfs_cap_data, revision 2: effective, nothing permitted, CAP_NET_RAW and CAP_SYS_ADMIN inheritable.
    const capabilities = Buffer.alloc(20);
    capabilities.writeUInt32LE(0x02000001, 0);
    capabilities.writeUInt32LE((1 << 13) | (1 << 21), 8);
    mkdirSync(join(image, "gift"));
    const gift = join(image, "gift/busybox");
    copyFileSync(join(image, "bin/busybox"), gift);
    syscall("setxattr", cString(gift), cString("security.capability"), capabilities, capabilities.length, 0);
    const status = "/gift/busybox grep -E 'Cap(Inh|Prm|Eff)' /proc/self/status";
    const user = { uid: 1000, gid: 1000 };
    const none = /CapInh:\t0{16}\nCapPrm:\t0{16}\nCapEff:\t0{16}\n/;
    t.match((await run("user", status, { process: { user, noNewPrivileges: false } })).output, none);
    t.match((await run("root", "cat /proc/self/status")).output, /CapInh:\t0{16}\n/);
    await host.runtime.run(host.script("exec", "sleep 1000", { request: { root } }));
    const session = await host.runtime.exec("exec", {
      process: { cwd: "/", args: ["sh", "-c", status], env: ["PATH=/bin"], user },
    });
    t.match(await collect(session.stdout), none);
    await host.runtime.delete("exec", { force: true });
    // The same program does get them where they are given: the attack is a real one.
    const given = {
      process: {
        user,
        noNewPrivileges: false,
        capabilities: { bounding: ["CAP_NET_RAW"], permitted: ["CAP_NET_RAW"], inheritable: ["CAP_NET_RAW"] },
      },
    };
    t.match((await run("given", "/gift/busybox grep CapPrm /proc/self/status", given)).output, /CapPrm:\t0{12}2000\n/);
  },
);

breakout(
  "CVE-2023-25809",
  {
    attack:
      "A container with a user namespace and without a cgroup namespace gets the host's /sys/fs/cgroup, writable, although it is mounted read-only: root of the user namespace changes the cgroups of the user outside.",
    defence:
      "A cgroup file system is only ever a new mount of the container's own cgroup namespace, with ro as an attribute of that mount; without such a namespace the kernel refuses it to a user namespace, and the start with it.",
  },
  async (t, { host, image, run }) => {
    const maps = [{ containerID: 0, hostID: 300_000, size: 65536 }];
    execFileSync("chown", ["-hR", "300000:300000", image]);
    const namespaces = (without: string[]) => [
      ...(scriptConfig("").linux?.namespaces ?? []).filter(({ type }) => !without.includes(type)),
      { type: "user" as const },
    ];
    const ids = { uidMappings: maps, gidMappings: maps };
    const write = "mkdir /sys/fs/cgroup/evil; echo 0 > /sys/fs/cgroup/cgroup.procs; grep -c . /proc/self/cgroup";
    const shared = await run("shared", write, { linux: { namespaces: namespaces(["cgroup"]), ...ids } });
    t.match(shared.refused, {
      code: "RUNTIME_STEP_FAILED",
      message: /with a namespace of its own.*cgroup for cgroup2/,
    });
    const own = await run("own", write, { linux: { namespaces: namespaces([]), ...ids } });
    t.match(own.output, /mkdir: can't create directory '\/sys\/fs\/cgroup\/evil': Read-only file system/);
    t.match(own.output, /cgroup.procs: Read-only file system/);
    // The host's /sys as a whole, as configurations for ordinary users have it: read-only with all below.
    const mounts = (scriptConfig("").mounts ?? [])
      .filter(({ destination }) => !destination.startsWith("/sys"))
      .concat({ destination: "/sys", source: "/sys", options: ["rbind", "rro", "nosuid", "noexec", "nodev"] });
    const bound = await run(
      "bound",
      "for d in $(grep ' /sys' /proc/self/mountinfo | cut -d' ' -f5); do mkdir $d/evil && echo made $d; done",
      { config: { mounts }, linux: { namespaces: namespaces(["cgroup", "network"]), ...ids } },
    );
    t.notMatch(bound.output, /made/);
    t.match(bound.output, /Read-only file system/);
    t.strictSame(host.leftovers(), []);
  },
);
