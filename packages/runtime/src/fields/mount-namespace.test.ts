import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseExecutor } from "@drydock/linux";
import t, { type Test } from "tap";
import { collect, makeTestHost, scriptConfig, type TestHost } from "../fixtures/test-host.ts";
import { defaultNamespaces, type LinuxConfig } from "../index.ts";

t.setTimeout(120_000);

const others = defaultNamespaces().filter(({ type }) => type !== "mount");

const withPath = (path: string): NonNullable<LinuxConfig["namespaces"]> => [...others, { type: "mount", path }];

/** A process in a new mount namespace; the path of that. */
async function otherNamespace(t: Test): Promise<string> {
  const script = "mount --make-rprivate / && echo ready && exec sleep 1000";
  const child = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return `/proc/${child.pid}/ns/mnt`;
}

const onDirectory = (host: TestHost) => ({ root: { type: "directory", path: host.rootfs } }) as const;

t.test("linux.namespaces and mounts", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const { runtime } = host;
  const request = onDirectory(host);

  await t.test("without a mount namespace: its own root, in the host's, which sees nothing of it", async (t) => {
    const outside = join(host.directory, "outside");
    mkdirSync(outside);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "outside", outside]);
    t.teardown(() => execFileSync("umount", ["-R", outside]));
    execFileSync("mount", ["--make-shared", outside]);
    mkdirSync(join(outside, "place"));
    const before = readFileSync("/proc/self/mountinfo", "utf8");
    const script = `readlink /proc/self/ns/mnt
      ls /; cat /proc/kcore | wc -c; echo a > /proc/sys/kernel/domainname; mount -t tmpfs more /bound/place; echo mounted; sleep 1000`;
    await runtime.run(
      host.script("none", script, {
        config: {
          mounts: [
            ...(scriptConfig("").mounts ?? []),
            { destination: "/bound", type: "bind", source: outside, options: ["rbind"] },
          ],
        },
        linux: { namespaces: others },
        process: {
          capabilities: { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] },
        },
        request,
      }),
    );
    await host.until(() => host.output("none").includes("mounted"));
    const lines = host.output("none").split("\n");
    t.equal(lines[0], readlinkSync("/proc/self/ns/mnt"), "it is the host's namespace");
    t.ok(lines.includes("bound") && lines.includes("proc"), "the root is the container's");
    t.ok(lines.includes("0"), "what is masked is empty");
    t.match(host.output("none"), /domainname: Read-only file system/);
    t.equal(
      readFileSync("/proc/self/mountinfo", "utf8"),
      before,
      "the host has no mount more, not even one that the container has made",
    );

    const session = await runtime.exec("none", {
      process: { cwd: "/", args: ["ls", "/", "/proc/1"], env: ["PATH=/bin"] },
    });
    const [listed] = await Promise.all([collect(session.stdout), session.exit]);
    t.match(listed, /^bound$/m, "a further process has the same root");
    await runtime.delete("none", { force: true });
    t.equal(readFileSync("/proc/self/mountinfo", "utf8"), before, "nor is one left");
  });

  await t.test("a mount namespace that is joined gets the container's root", async (t) => {
    const path = await otherNamespace(t);
    const before = readFileSync("/proc/self/mountinfo", "utf8");
    const linux = { ...scriptConfig("").linux, namespaces: withPath(path) };
    await runtime.run(
      host.script("joined", "readlink /proc/self/ns/mnt; ls /; sleep 1000", { config: { linux }, request }),
    );
    await host.until(() => host.output("joined").includes("tmp"));
    t.equal(host.output("joined").split("\n")[0], readlinkSync(path));
    t.match(host.output("joined"), /^bin$/m);
    t.equal(readFileSync("/proc/self/mountinfo", "utf8"), before);
    const session = await runtime.exec("joined", {
      process: { cwd: "/", args: ["readlink", "/proc/self/ns/mnt"], env: ["PATH=/bin"] },
    });
    const [seen] = await Promise.all([collect(session.stdout), session.exit]);
    t.equal(seen, `${readlinkSync(path)}\n`);
    await runtime.delete("joined", { force: true });
  });

  await t.test("the host's own is not joined: its root would be gone", async (t) => {
    for (const path of ["/proc/self/ns/mnt", `/proc/${process.pid}/ns/mnt`]) {
      const linux = { ...scriptConfig("").linux, namespaces: withPath(path) };
      await t.rejects(runtime.run(host.script("host", "true", { config: { linux }, request })), {
        code: "RUNTIME_INVALID_CONFIG",
        message: /linux\.namespaces\[5\]\.path: .* is the host's mount namespace/,
      });
    }
  });

  await t.test("an overlay needs a mount namespace", async (t) => {
    const linux = { ...scriptConfig("").linux, namespaces: others };
    await t.rejects(runtime.run(host.script("overlay", "true", { config: { linux } })), {
      message: /^root: an overlay/,
    });
  });

  await t.test("mounts are listed in the order of the configuration, also those with ties", async (t) => {
    const shared = join(host.directory, "shared");
    mkdirSync(shared);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "shared", shared]);
    t.teardown(() => execFileSync("umount", ["-R", shared]));
    execFileSync("mount", ["--make-shared", shared]);
    writeFileSync(join(shared, "file"), "");
    const before = readFileSync("/proc/self/mountinfo", "utf8");
    const bind = (name: string, ...options: string[]) => ({ destination: `/${name}`, source: shared, options });
    const mounts = [
      ...(scriptConfig("").mounts ?? []),
      bind("a", "bind"),
      bind("b", "rbind", "rshared"),
      bind("c", "bind", "private"),
      bind("d", "rbind", "rslave"),
      { ...bind("e", "bind", "slave"), source: join(shared, "file") },
    ];
    await runtime.run(host.script("order", "grep -o ' /[abcde] ' /proc/self/mountinfo", { config: { mounts } }));
    await runtime.wait("order");
    t.equal(host.output("order"), " /a \n /b \n /c \n /d \n /e \n");
    t.equal(readFileSync("/proc/self/mountinfo", "utf8"), before, "none of them is on the host");
    await runtime.delete("order");
  });

  t.strictSame(host.leftovers(), [], "nothing is left");
});
