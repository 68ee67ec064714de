import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directExecutor, nativeExecutor } from "@drydock/linux";
import t from "tap";
import { collect, makeTestHost, scriptConfig } from "../fixtures/test-host.ts";
import type { LinuxConfig } from "../index.ts";

const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];
const base = 300_000;
const maps = [{ containerID: 0, hostID: base, size: 65536 }];
const withUser: Partial<LinuxConfig> = {
  namespaces: [...(scriptConfig("").linux?.namespaces ?? []), { type: "user" }],
  uidMappings: maps,
  gidMappings: maps,
};

t.setTimeout(120_000);

for (const executor of executors) {
  t.test(`user namespaces by the ${executor.name} executor`, async (t) => {
    const host = makeTestHost(executor);
    t.teardown(() => host.dispose());
    // An image whose files belong to the container's root.
    const rootfs = join(host.directory, "mapped");
    execFileSync("cp", ["-a", host.rootfs, rootfs]);
    execFileSync("chown", ["-hR", `${base}:${base}`, rootfs]);
    const request = { root: { type: "directory", path: rootfs } } as const;

    await t.test("a container's root is nobody special outside", async (t) => {
      const secret = join(host.directory, "secret");
      writeFileSync(secret, "of the host's root", { mode: 0o600 });
      const mounts = [
        ...(scriptConfig("").mounts ?? []),
        { destination: "/secret", source: secret, options: ["bind"] },
      ];
      const text = `id; touch /made; echo $?; echo hello > /dev/null; cat /secret; hostname other; ls -n /dev/null
        cat /proc/self/uid_map; exec sleep 1000`;
      const { pid = 0 } = await host.runtime.run(
        host.script("root", text, { linux: withUser, config: { mounts }, request }),
      );
      await host.until(() => host.output("root").includes(`${base}`));
      t.match(host.output("root"), /^uid=0 gid=0\n0\n/);
      t.match(host.output("root"), /can't open '\/secret': Permission denied/);
      t.match(host.output("root"), /^crw-rw-rw-.* 1, +3 .*\/dev\/null$/m, "devices are the host's, bound");
      t.match(readFileSync(`/proc/${pid}/uid_map`, "utf8"), /^\s+0\s+300000\s+65536\n$/);
      t.equal(statSync(`/proc/${pid}`).uid, base);
      t.equal(statSync(join(rootfs, "made")).uid, base);
      for (const name of ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]) {
        t.not(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/self/ns/${name}`), name);
      }
      await host.runtime.delete("root", { force: true });
      rmSync(join(rootfs, "made"));
    });

    await t.test("exec goes in with the same root", async (t) => {
      const { pid } = await host.runtime.run(host.script("exec", "sleep 1000", { linux: withUser, request }));
      const session = await host.runtime.exec("exec", {
        process: { cwd: "/root", args: ["sh", "-c", "id; pwd; touch here; kill -0 1 && echo may"], env: ["PATH=/bin"] },
      });
      t.equal(await collect(session.stdout), "uid=0 gid=0\n/root\nmay\n");
      t.match(await session.exit, { code: 0 });
      const other = await host.runtime.exec("exec", {
        process: { cwd: "/", args: ["id"], env: ["PATH=/bin"], user: { uid: 33, gid: 34, additionalGids: [5] } },
      });
      t.match(await collect(other.stdout), /uid=33 gid=34 groups=34,5|uid=33 gid=34 groups=5/);

      // A second container in the user namespace of the first.
      const namespaces = (scriptConfig("").linux?.namespaces ?? []).concat({
        type: "user",
        path: `/proc/${pid}/ns/user`,
      });
      const second = await host.runtime.run(
        host.script("second", "id; sleep 1000", { linux: { namespaces }, request }),
      );
      t.equal(readlinkSync(`/proc/${second.pid}/ns/user`), readlinkSync(`/proc/${pid}/ns/user`));
      await host.until(() => host.output("second") !== "");
      t.equal(host.output("second"), "uid=0 gid=0\n");
      for (const id of ["exec", "second"]) await host.runtime.delete(id, { force: true });
      rmSync(join(rootfs, "root/here"));
    });

    await t.test("the shim keeps no mount and is not to be looked into", async (t) => {
      const { pid = 0 } = await host.runtime.run(host.script("shim", "sleep 1000", { linux: withUser, request }));
      const shim = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      const open = execFileSync("ls", ["-l", `/proc/${shim}/fd`], { encoding: "utf8" });
      t.notMatch(open, /rootfs|mapped|\/user:/, "no descriptor of the root or of a user namespace");
      t.equal(statSync(`/proc/${shim}/mem`).uid, 0);
      await host.runtime.delete("shim", { force: true });
    });

    await t.test("id-mapped mounts", async (t) => {
      const data = join(host.directory, "data");
      mkdirSync(data);
      chownSync(data, 1000, 1000);
      writeFileSync(join(data, "file"), "");
      chownSync(join(data, "file"), 1000, 1000);
      const own = [{ containerID: 1000, hostID: 2000, size: 10 }];
      const mounts = (options: string[], more = {}) => [
        ...(scriptConfig("").mounts ?? []),
        { destination: "/data", source: data, options, ...more },
      ];
      const text = "ls -n /data | grep file; touch /data/new && ls -n /data | grep new";
      const explicit = { uidMappings: own, gidMappings: own };
      // Without a user namespace: who owns it outside is another one inside.
      await host.runtime.run(
        host.script("idmap", text, {
          config: { mounts: mounts(["bind", "idmap"], explicit) },
          process: { user: { uid: 2000, gid: 2000 } },
        }),
      );
      t.match(await host.runtime.wait("idmap"), { code: 0 });
      t.match(host.output("idmap"), /2000\s+2000.*file\n.*2000\s+2000.*new/);
      t.equal(statSync(join(data, "new")).uid, 1000, "what is written belongs to the owner outside");
      rmSync(join(data, "new"));
      await host.runtime.delete("idmap");

      // With one: the maps of the container.
      await host.runtime.run(
        host.script("mapped", text, {
          linux: withUser,
          config: { mounts: mounts(["rbind", "ridmap"]) },
          process: { user: { uid: 1000, gid: 1000 } },
          request,
        }),
      );
      t.match(await host.runtime.wait("mapped"), { code: 0 });
      t.match(host.output("mapped"), /1000\s+1000.*file\n.*1000\s+1000.*new/);
      t.equal(statSync(join(data, "new")).uid, 1000);
      await host.runtime.delete("mapped");
      rmSync(data, { recursive: true });
    });

    await t.test("what cannot be is refused before anything is made", async (t) => {
      const bad = (linux: Partial<LinuxConfig>, process = {}) =>
        host.runtime.run(host.script("bad", "true", { linux: { ...withUser, ...linux }, process, request }));
      await t.rejects(bad({ uidMappings: [] }), {
        code: "RUNTIME_INVALID_CONFIG",
        details: { path: "linux.uidMappings" },
      });
      await t.rejects(bad({}, { user: { uid: 70000, gid: 0 } }), {
        code: "RUNTIME_INVALID_CONFIG",
        details: { path: "process.user.uid" },
      });
      const wrong = { type: "user" as const, path: "/proc/self/ns/net" };
      await t.rejects(
        bad({
          namespaces: [...(scriptConfig("").linux?.namespaces ?? []), wrong],
          uidMappings: [],
          gidMappings: [],
        }),
        { code: "RUNTIME_STEP_FAILED", message: /setns.*EINVAL: the file is not a namespace of this kind/ },
      );
    });

    t.strictSame(host.leftovers(), [], "nothing is left");
  });
}
