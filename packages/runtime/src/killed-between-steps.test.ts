import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupProcesses, chooseExecutor } from "@drydock/linux";
import t from "tap";
import { makeTestHost, scriptConfig } from "./fixtures/test-host.ts";

const fixture = join(import.meta.dirname, "fixtures/start-and-stand-still.ts");
const command = "sleep 600";
const prefix = `killed-${process.pid}`;

const shimTitle = new RegExp(`^drydock-shim (${prefix}-\\d+)\0`);

/** Processes of a start that have not become the container's code: pid and what they wait for. */
function runtimeProcesses(): Map<string, { pid: number; standsStill: boolean }[]> {
  const found = new Map<string, { pid: number; standsStill: boolean }[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const id = shimTitle.exec(readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.[1];
      if (id === undefined) continue;
      const standsStill = /poll/.test(readFileSync(`/proc/${pid}/wchan`, "utf8"));
      found.set(id, [...(found.get(id) ?? []), { pid: Number(pid), standsStill }]);
    } catch {
      // It has just ended.
    }
  }
  return found;
}

const skip = chooseExecutor().name === "native" ? false : "no native executor on this architecture";

t.test("the runtime is killed between any two steps: delete removes all of it", { skip }, async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const config = scriptConfig(command, { process: { args: command.split(" ") } });
  const request = { id: prefix, config, root: { type: "volatile-overlay", lower: [host.rootfs] } };
  const child = spawn(process.execPath, [fixture, JSON.stringify(request), host.stateDir, host.cgroupRoot], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const [printed] = (await once(child.stdout, "data")) as [Buffer];
  const ids = Array.from({ length: Number(printed) }, (_, index) => `${prefix}-${index + 1}`);
  t.ok(ids.length > 200, `${ids.length} steps`);

  const cgroupOf = (id: string): string => join(host.cgroupRoot, "drydock", id);
  const inside = (id: string): number[] => cgroupProcesses(cgroupOf(id));
  // A step that is jumped over, or the last one, is not where it stands still: then the container runs.
  const runs = (id: string): boolean =>
    inside(id).some((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep\0"));
  await host.until(() => {
    const processes = runtimeProcesses();
    return ids.every((id) => processes.get(id)?.some(({ standsStill }) => standsStill) || runs(id));
  });

  // All at once, as systemd kills a service: what is already in a cgroup of its own stays.
  child.kill("SIGKILL");
  await once(child, "exit");
  for (const [id, processes] of runtimeProcesses()) {
    const own = new Set(inside(id));
    for (const { pid } of processes) if (!own.has(pid)) process.kill(pid, "SIGKILL");
  }
  await host.until(() =>
    [...runtimeProcesses()].every(([id, all]) => all.every(({ pid }) => inside(id).includes(pid))),
  );
  t.ok(ids.filter((id) => inside(id).length > 0).length > 100, "many have left a process in a container");

  const problems: string[] = [];
  for (const id of ids) {
    await host.runtime.delete(id, { force: true }).catch((error: Error) => problems.push(`${id}: ${error.message}`));
  }
  t.strictSame(problems, []);
  t.strictSame(host.leftovers(), [], "no directory, cgroup or mount");
  t.strictSame([...runtimeProcesses().keys()], [], "no process");
});

t.test("killed before the first step", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const { runtime, stateDir } = host;
  for (const [id, record] of [
    ["claimed", undefined],
    ["empty", ""],
    ["half", '{"id": "half", "creat'],
  ] as const) {
    mkdirSync(join(stateDir, id, "root"), { recursive: true });
    if (record !== undefined) writeFileSync(join(stateDir, id, "container.json"), record);
    await t.rejects(runtime.state(id), { code: "RUNTIME_NOT_FOUND" }, id);
    await runtime.delete(id, { force: true });
  }
  t.strictSame(host.leftovers(), []);
});
