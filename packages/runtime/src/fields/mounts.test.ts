import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseExecutor } from "@drydock/linux";
import t, { type Test } from "tap";
import { collect, makeTestHost, scriptConfig, type TestHost } from "../fixtures/test-host.ts";
import type { MountConfig, RuntimeConfig } from "../index.ts";

t.setTimeout(120_000);

/** A mount of the host below the test's directory, gone with the test. */
function hostMount(t: Test, host: TestHost, name: string, propagation: "private" | "shared"): string {
  const path = join(host.directory, name);
  mkdirSync(path, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", name.replaceAll("/", "-"), path]);
  t.teardown(() => execFileSync("umount", ["-R", path]));
  execFileSync("mount", [`--make-${propagation}`, path]);
  return path;
}

const withMounts = (...mounts: MountConfig[]): Partial<RuntimeConfig> => ({
  mounts: [...(scriptConfig("").mounts ?? []), ...mounts],
});

t.test("mounts", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  /** What mountinfo says of a place: attributes and propagation, as in `rw,nosuid shared:1`. */
  const inside = async (id: string, text: string, config: Partial<RuntimeConfig>): Promise<string> => {
    await host.runtime.run(host.script(id, text, { config }));
    await host.runtime.wait(id);
    await host.runtime.delete(id);
    return host.output(id);
  };

  await t.test("attributes of a mount, and of all below it", async (t) => {
    const outer = hostMount(t, host, "outer", "private");
    mkdirSync(join(outer, "inner"));
    hostMount(t, host, "outer/inner", "private");
    const data = (...options: string[]): MountConfig => ({ destination: "/data", source: outer, options });
    const show = "grep ' /data' /proc/self/mountinfo | cut -d' ' -f5,6";
    t.equal(
      await inside("one", show, withMounts(data("rbind", "ro", "nosuid"))),
      "/data ro,nosuid,relatime\n/data/inner rw,relatime\n",
    );
    t.equal(
      await inside("all", show, withMounts(data("rbind", "rro", "rnosuid", "rnodev", "rnoexec", "rnoatime"))),
      "/data ro,nosuid,nodev,noexec,noatime\n/data/inner ro,nosuid,nodev,noexec,noatime\n",
    );
    t.equal(
      await inside("mixed", show, withMounts(data("rbind", "rro", "noexec", "rnosymfollow"))),
      "/data ro,noexec,relatime,nosymfollow\n/data/inner ro,relatime,nosymfollow\n",
    );
    execFileSync("mount", ["-o", "remount,bind,ro,noatime", join(outer, "inner")]);
    t.equal(
      await inside("back", show, withMounts(data("rbind", "rrw", "rrelatime"))),
      "/data rw,relatime\n/data/inner rw,relatime\n",
      "and taken back",
    );
  });

  await t.test("private unless said otherwise; slave sees the host's mounts, shared both", async (t) => {
    const options = { none: [], private: ["rprivate"], slave: ["rslave"], shared: ["rshared"] };
    for (const [name, more] of Object.entries(options)) {
      const source = hostMount(t, host, `peer-${name}`, "shared");
      mkdirSync(join(source, "from-host"));
      mkdirSync(join(source, "from-inside"));
      const mounts = withMounts({ destination: "/peer", source, options: ["rbind", ...more] });
      const capabilities = {
        bounding: ["CAP_SYS_ADMIN"],
        effective: ["CAP_SYS_ADMIN"],
        permitted: ["CAP_SYS_ADMIN"],
      };
      await host.runtime.run(host.script(name, "sleep 1000", { config: mounts, process: {} }));
      const exec = async (...args: string[]): Promise<string> => {
        const session = await host.runtime.exec(name, {
          process: { cwd: "/", args, env: ["PATH=/bin"], capabilities },
        });
        const [output] = await Promise.all([collect(session.stdout), session.exit]);
        return output;
      };
      const given = hostMount(t, host, `peer-${name}/from-host`, "private");
      writeFileSync(join(given, "seen"), "");
      await exec("mount", "-t", "tmpfs", "inside", "/peer/from-inside");
      await exec("touch", "/peer/from-inside/seen");
      t.equal((await exec("ls", "/peer/from-host")) === "seen\n", name === "slave" || name === "shared", name);
      t.equal(existsSync(join(source, "from-inside/seen")), name === "shared", `${name}: to the host`);
      await host.runtime.delete(name, { force: true });
    }
  });

  await t.test("linux.rootfsPropagation", async (t) => {
    const show = "grep ' / / ' /proc/self/mountinfo || cat /proc/self/mountinfo | head -n 1";
    for (const [propagation, expected] of [
      ["private", / - /],
      ["rslave", /master:\d+/],
      ["shared", /shared:\d+ master:\d+/],
      ["unbindable", /unbindable/],
    ] as const) {
      const root = hostMount(t, host, `root-${propagation}`, "shared");
      execFileSync("cp", ["-a", `${host.rootfs}/.`, root]);
      await host.runtime.run(
        host.script(`root-${propagation}`, show, {
          linux: { rootfsPropagation: propagation },
          request: { root: { type: "directory", path: root } },
        }),
      );
      await host.runtime.wait(`root-${propagation}`);
      t.match(host.output(`root-${propagation}`), expected, propagation);
      if (propagation === "private") t.notMatch(host.output("root-private"), /shared|master/);
      await host.runtime.delete(`root-${propagation}`);
      t.strictSame(readdirSync(join(root, "proc")), [], "the container's mounts are not seen by the host");
    }
  });

  await t.test("tmpcopyup begins with what the image has", async (t) => {
    mkdirSync(join(host.rootfs, "srv/deep"), { recursive: true, mode: 0o750 });
    writeFileSync(join(host.rootfs, "srv/deep/file"), "of the image\n");
    execFileSync("chmod", ["2750", join(host.rootfs, "srv")]);
    const output = await inside(
      "copyup",
      "cat /srv/deep/file; ls -ld /srv | cut -c1-10; echo new > /srv/deep/file; cat /srv/deep/file; touch /srv/x; echo 1 > /srv/big && head -c 3000000 /dev/zero > /srv/big; grep -c ' /srv ' /proc/self/mountinfo",
      withMounts({
        destination: "/srv",
        type: "tmpfs",
        source: "tmpfs",
        options: ["tmpcopyup", "nosuid", "nodev", "size=1m"],
      }),
    );
    t.match(output, /^of the image\ndrwxr-s---\nnew\n/);
    t.match(output, /^head: .*(No space left|I\/O error)/m, "the size of the tmpfs holds");
    t.notOk(existsSync(join(host.rootfs, "srv/x")));
    const readonly = await inside(
      "readonly",
      "cat /srv/deep/file; touch /srv/x",
      withMounts({ destination: "/srv", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro"] }),
    );
    t.match(readonly, /^of the image\ntouch: \/srv\/x: Read-only file system/);
    rmSync(join(host.rootfs, "srv"), { recursive: true });
  });

  t.strictSame(host.leftovers(), [], "nothing is left");
});
