/** drydock runtime as an ordinary user: one that was given further ids, and one that has only its own. */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runCommand } from "@drydock/kit";
import type { RuntimeConfig } from "@drydock/runtime";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

const root = resolve(import.meta.dirname, "../..");

t.setTimeout(240_000);

t.test("containers of an ordinary user", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-rootless-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  // The user may not be able to go where this repository is.
  const repository = join(directory, "repository");
  mkdirSync(repository);
  await runCommand("mount", ["--bind", root, repository]);
  t.teardown(async () => void (await runCommand("umount", [repository])));

  const name = `drydock-${randomInt(1e9)}`;
  const home = join(directory, "home");
  await runCommand("useradd", ["--system", "--create-home", "--home-dir", home, "--shell", "/bin/sh", name]);
  t.teardown(async () => void (await runCommand("userdel", [name])));
  const uid = Number(await runCommand("id", ["-u", name]));
  const gid = Number(await runCommand("id", ["-g", name]));
  const bundle = makeBundle(home);
  for (const path of [home, bundle]) chownSync(path, uid, gid);
  await runCommand("chown", ["-R", `${uid}:${gid}`, bundle]);

  const drydock = (...args: string[]): Promise<Outcome> => {
    // By env(1): the test runner's own additions to the environment would have Node write into a directory of root's.
    const command = ["-i", "PATH=/usr/bin:/bin", `HOME=${home}`, join(repository, "drydock"), "runtime", ...args];
    const child = spawn("env", command, { uid, gid, cwd: home, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end();
    return outcomeOf(child);
  };
  t.teardown(async () => {
    for (const id of (await drydock("list", "-q")).stdout.split("\n").filter(Boolean))
      await drydock("delete", "--force", id);
  });
  const configure = (change: (config: RuntimeConfig) => void): void => {
    const config = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as RuntimeConfig;
    change(config);
    writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  };
  const spec = async (rootless: boolean, ...args: string[]): Promise<void> => {
    rmSync(join(bundle, "config.json"), { force: true });
    const { code, stderr } = await drydock(
      "spec",
      "--bundle",
      bundle,
      ...(rootless ? ["--rootless"] : []),
      "--",
      ...args,
    );
    if (code !== 0) throw new Error(stderr);
    chmodSync(join(bundle, "config.json"), 0o644);
  };

  await t.test("without a user namespace it is told what to do", async (t) => {
    await spec(false, "id");
    const { code, stderr } = await drydock("run", "--bundle", bundle, "c");
    t.equal(code, 9);
    t.match(stderr, /no user namespace, and only root can do without\n {2}drydock runtime spec --rootless/);
  });

  await t.test("with its own id alone", async (t) => {
    await spec(true, "sh", "-c", "id; cat /proc/self/uid_map; touch /made && echo wrote; hostname");
    const { code, stdout, stderr } = await drydock("run", "--bundle", bundle, "own");
    t.equal(code, 0, stderr);
    t.equal(stderr, "", "nothing is lost that was asked for");
    t.match(stdout, new RegExp(`^uid=0 gid=0\\n\\s+0\\s+${uid}\\s+1\\nwrote\\ndrydock\\n$`));

    // More ids, which nobody has given to it.
    configure((config) => config.linux?.uidMappings?.push({ containerID: 1, hostID: 600_000_000, size: 10 }));
    const refused = await drydock("run", "--bundle", bundle, "more");
    t.equal(refused.code, 9);
    t.match(refused.stderr, new RegExp(`/etc/subuid has no entry for ${name}\\n {2}as root: usermod --add-subuids`));
  });

  await t.test("limits that only root can set are named, and nothing else is lost", async (t) => {
    await spec(true, "sh", "-c", "echo ran; cat /proc/self/oom_score_adj");
    configure((config) => {
      config.linux = { ...config.linux, resources: { memory: { limit: 2 ** 26 }, pids: { limit: 10 } } };
      config.process.oomScoreAdj = 700;
    });
    const { code, stdout, stderr } = await drydock("run", "--bundle", bundle, "limits");
    t.equal(code, 0, stderr);
    t.equal(stdout, "ran\n700\n");
    t.match(stderr, /memory limit of 64 MiB is not in force: cgroups are root's/);
    t.match(stderr, /limit of 10 processes is not in force/);
  });

  await t.test("with ids from /etc/subuid, by newuidmap and newgidmap", async (t) => {
    const first = 500_000_000 + 65_536 * randomInt(1000);
    const range = `${first}-${first + 65_535}`;
    await runCommand("usermod", ["--add-subuids", range, "--add-subgids", range, name]);
    await spec(true, "sh", "-c", "exec sleep 1000 >/dev/null 2>&1");
    const started = await drydock("run", "--detach", "--bundle", bundle, "ids");
    t.equal(started.code, 0, started.stderr);
    const exec = await drydock("exec", "--user", "33:44", "ids", "--", "sh", "-c", "id; cat /proc/self/gid_map");
    t.match(
      exec.stdout,
      new RegExp(`^uid=33 gid=44\\n\\s+0\\s+${gid}\\s+1\\n\\s+1\\s+${first}\\s+65536\\n$`),
      exec.stderr,
    );
    t.match((await drydock("state", "ids")).stdout, /"status": "running"/);
    t.equal((await drydock("delete", "--force", "ids")).code, 0);
    t.equal((await drydock("list", "-q")).stdout, "");

    configure((config) => {
      const mapping = config.linux?.uidMappings?.[1];
      if (mapping) mapping.hostID -= 1;
    });
    const refused = await drydock("run", "--bundle", bundle, "foreign");
    t.match(refused.stderr, new RegExp(`does not give to ${name}\\n {2}yours are ${first} to ${first + 65_535}`));
  });
});

function makeBundle(home: string): string {
  const bundle = join(home, "box");
  const bin = join(bundle, "rootfs/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync("/bin/busybox", join(bin, "busybox"));
  for (const applet of ["sh", "id", "cat", "echo", "sleep", "touch", "hostname"])
    symlinkSync("busybox", join(bin, applet));
  return bundle;
}
