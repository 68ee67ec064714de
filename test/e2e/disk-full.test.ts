/** A disk that is full stops what has to write, and nothing else: the cluster can be taken down, and goes on when there is space again. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import t from "tap";
import { Drydock } from "./cli/drydock.ts";
import { leftovers } from "./cli/leftovers.ts";

const example = resolve(import.meta.dirname, "../../examples/web.yaml");
const etcdLogSize = 128; // MiB that etcd takes for its log alone, before it has written anything.

t.test("a full disk", async (t) => {
  const disk = await mkdtemp("/tmp/drydock-test-full-");
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${2 * etcdLogSize}m`, "tmpfs", disk]);
  const drydock = new Drydock(join(disk, "data"));
  await mkdir(drydock.dataDir);
  t.teardown(async () => {
    rmSync(join(disk, "fill"), { force: true });
    await drydock.destroy();
    execFileSync("umount", [disk]);
    await rm(disk, { recursive: true });
  });
  await drydock.ok(["up", "--detach", "--port", "0"]);
  await drydock.ok(["apply", "-f", example]);
  const { running } = JSON.parse(readFileSync(drydock.path("cluster.json"), "utf8"));

  await t.rejects(writeFile(join(disk, "fill"), Buffer.alloc((2 * etcdLogSize) << 20)), { code: "ENOSPC" });
  // Its end is logged, its start is logged and recorded: all of that has nowhere to go.
  process.kill(running.nodes[0].agent.pid, "SIGKILL");
  const image = await drydock.run(["images", "import", example, "--name", "x"]);
  t.not(image.code, 0);
  t.notMatch(image.stderr, /\n {4}at /, "no stack trace");
  await new Promise((done) => setTimeout(done, 2_000));
  t.ok(existsSync(`/proc/${running.supervisor.pid}`), "the supervisor goes on");
  const down = await drydock.run(["down"]);
  t.notMatch(down.stderr, /\n {4}at /, "no stack trace");
  t.same(leftovers(drydock.dataDir), [], "nothing is left, on a disk that is still full");

  rmSync(join(disk, "fill"));
  await drydock.ok(["up", "--detach"]);
  t.match(await drydock.ok(["get", "workloads"]), /^web /m, "what was written before is there");
});
