import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canFilterDevices, directExecutor, nativeExecutor } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost } from "../fixtures/test-host.ts";
import { type LinuxConfig, planContainer, printPlan, validateConfig } from "../index.ts";

const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];
const noPrograms = canFilterDevices() ? {} : { skip: "this process may not load eBPF programs" };

t.setTimeout(120_000);

/** /dev/kmsg: every kernel has it, everybody may open it for writing, and it is not among the devices of every container. */
const kmsg = { type: "c", major: 1, minor: 11 } as const;
const makeKmsg = `busybox mknod /tmp/kmsg c ${kmsg.major} ${kmsg.minor}`;
const denied = /can't create \/tmp\/kmsg: Operation not permitted/;

for (const executor of executors) {
  t.test(`devices by the ${executor.name} executor`, async (t) => {
    const host = makeTestHost(executor);
    t.teardown(() => host.dispose());
    const runScript = async (id: string, text: string, linux: Partial<LinuxConfig> = {}, changes: object = {}) => {
      const { notEnforced } = await host.runtime.run(host.script(id, text, { linux, ...changes }));
      await host.runtime.wait(id);
      await host.runtime.delete(id);
      t.strictSame(notEnforced, []);
      return host.output(id);
    };

    await t.test("rules: what is not allowed cannot be opened, though it can be made", noPrograms, async (t) => {
      const open = `${makeKmsg} && (: > /tmp/kmsg) && echo opened; echo x > /dev/null && echo null`;
      for (const [id, resources] of Object.entries({
        "no-rules": {},
        "as-runc-spec": { devices: [{ allow: false, access: "rwm" }] },
      })) {
        const output = await runScript(id, open, { resources });
        t.match(output, denied, id);
        t.match(output, /null\n$/);
      }
      t.match(
        await runScript("allowed", open, { resources: { devices: [{ allow: true, ...kmsg }] } }),
        /^opened\nnull\n$/,
      );
      t.match(await runScript("all", open, { resources: { devices: [{ allow: true }] } }), /^opened\nnull\n$/);
      t.match(
        await runScript("no-mknod", open, { resources: { devices: [{ allow: false }, { allow: false, ...kmsg }] } }),
        denied,
      );
    });

    await t.test("linux.devices: files with their kind, numbers, mode and owner", async (t) => {
      symlinkSync("/etc/hostname", join(host.rootfs, "etc/link"));
      writeFileSync(join(host.rootfs, "etc/file"), "of the image");
      const devices: LinuxConfig["devices"] = [
        { path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o640, uid: 7, gid: 8 },
        { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o600 },
        { path: "/run/disk", type: "b", major: 8, minor: 300 },
        { path: "/etc/link", type: "p", fileMode: 0o20600 },
        { path: "/etc/file", type: "u", major: 1, minor: 5, fileMode: 0o444 },
      ];
      const text =
        "busybox stat -c '%n %F %t:%T %a %u:%g' /dev/net/tun /dev/null /run/disk /etc/link /etc/file /dev/zero";
      t.equal(
        await runScript("nodes", text, { devices }),
        `\
/dev/net/tun character special file a:c8 640 7:8
/dev/null character special file 1:3 600 0:0
/run/disk block special file 8:12c 666 0:0
/etc/link fifo 0:0 600 0:0
/etc/file character special file 1:5 444 0:0
/dev/zero character special file 1:5 666 0:0
`,
      );
    });

    if (executor === directExecutor && executors.length > 1) return;

    await t.test("a rule about reading alone", noPrograms, async (t) => {
      const devices = [{ allow: true, ...kmsg, access: "rm" }];
      t.match(await runScript("reading", `${makeKmsg}; (: > /tmp/kmsg)`, { resources: { devices } }), denied);
      const both = [...devices, { allow: true, ...kmsg, access: "w" }];
      t.equal(await runScript("writing", `${makeKmsg}; (: > /tmp/kmsg)`, { resources: { devices: both } }), "");
    });

    await t.test("an exec is held to the same", noPrograms, async (t) => {
      await host.runtime.run(host.script("exec", "exec sleep 1000"));
      const session = await host.runtime.exec("exec", {
        process: {
          cwd: "/",
          args: ["sh", "-c", `${makeKmsg}; (: > /tmp/kmsg)`],
          env: ["PATH=/bin"],
          capabilities: { bounding: ["CAP_MKNOD"], effective: ["CAP_MKNOD"], permitted: ["CAP_MKNOD"] },
        },
      });
      t.match(await collect(session.stderr ?? session.stdout), denied);
      await host.runtime.delete("exec", { force: true });
    });

    await t.test("a device where the image has a directory, or below a bind mount, is told", async (t) => {
      const device = { type: "p" } as const;
      await t.rejects(
        host.runtime.run(host.script("dir", "true", { linux: { devices: [{ ...device, path: "/etc" }] } })),
        {
          code: "RUNTIME_STEP_FAILED",
          message: /unlinkat.*EISDIR: there is a directory/,
        },
      );
      writeFileSync(join(host.directory, "kept"), "of the host");
      const mounts = [{ destination: "/tmp", type: "bind", source: host.directory, options: ["rbind"] }];
      const below = { config: { mounts }, linux: { devices: [{ ...device, path: "/tmp/kept" }] } };
      await t.rejects(host.runtime.run(host.script("below", "true", below)), {
        code: "RUNTIME_STEP_FAILED",
        message: /mknodat.*EEXIST: there is a file already/,
      });
      t.strictSame(host.leftovers(), []);
    });
  });
}

t.test("the plan shows the program and where it is attached", noPrograms, async (t) => {
  const host = makeTestHost(nativeExecutor);
  t.teardown(() => host.dispose());
  const plan = (linux: Partial<LinuxConfig>): string =>
    printPlan(planContainer(host.script("plan", "true", { linux }), { stateDir: "/run", cgroup: host.cgroupRoot }));
  t.match(
    plan({}),
    /bpf\(BPF_PROG_LOAD, &deviceProgram, 72\) -> program; on EAGAIN go to device.program {2}# .*: \d+ rules about device files, as \d+ instr/,
  );
  t.match(plan({}), /bpf\(BPF_PROG_ATTACH, \{target 90, program 91, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI\}, 16\)/);
  t.notMatch(plan({ resources: { devices: [{ allow: true }] } }), /bpf\(/);
});

t.test("what is wrong with devices is told with its path", async (t) => {
  const config = (linux: object) => ({
    ociVersion: "1.0.2",
    root: { path: "/" },
    process: { cwd: "/", args: ["true"] },
    linux: { namespaces: [{ type: "mount" }], ...linux },
  });
  const char = { path: "/dev/x", type: "c", major: 1, minor: 1 };
  for (const [linux, path, message] of [
    [{ devices: [{ ...char, path: "dev/x" }] }, "linux.devices[0].path", /absolute/],
    [{ devices: [{ ...char, path: "/dev/../x" }] }, "linux.devices[0].path", /is not a file/],
    [{ devices: [char, { ...char, path: "//dev/x" }] }, "linux.devices[1].path", /\/dev\/x is named twice/],
    [{ devices: [{ ...char, type: "d" }] }, "linux.devices[0].type", /not supported/],
    [{ devices: [{ path: "/dev/x", type: "b", major: 1 }] }, "linux.devices[0].minor", /is required/],
    [{ devices: [{ ...char, major: 5000 }] }, "linux.devices[0].major", /0 to 4095/],
    [
      { resources: { devices: [{ allow: true, access: "rx" }] } },
      "linux.resources.devices[0].access",
      /made of r, w and m/,
    ],
    [{ resources: { devices: [{ allow: true, type: "disk" }] } }, "linux.resources.devices[0].type", /not a type/],
  ] as const) {
    t.throws(() => validateConfig(config(linux)), { code: "RUNTIME_INVALID_CONFIG", details: { path }, message });
  }
});
