import { spawnSync } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import { lockHolder, takeLock, tryLock } from "./lock.ts";

const name = `test-${process.pid}`;

t.test("one holder at a time", async (t) => {
  const first = await tryLock(name);
  t.ok(first);
  t.match(await lockHolder(name), { pid: process.pid });
  t.equal(await lockHolder(`${name}-other`), undefined);
  t.equal(await tryLock(name), undefined);
  await t.rejects(takeLock(name, 30, "somebody has it"), { code: "CLUSTER_BUSY", message: "somebody has it" });
  const waiting = takeLock(name, 5_000, "busy");
  await first?.release();
  await (await waiting).release();
});

t.test("the kernel frees it when its holder is killed", async (t) => {
  const program = `
    import { tryLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
    if (!(await tryLock(${JSON.stringify(name)}))) process.exit(3);
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  t.equal(signal, "SIGKILL", "it had the lock");
  const lock = await tryLock(name);
  t.ok(lock, "free again");
  await lock?.release();
});
