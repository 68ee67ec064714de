import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { cgroupProcesses, chooseExecutor } from "@drydock/linux";
import t from "tap";
import { makeTestHost } from "./fixtures/test-host.ts";
import { whatIsThere } from "./fixtures/what-is-there.ts";

/** The same with 3,000 is `npm run bench -- endurance`. */
const starts = 150;
const warmUp = 10;

t.test(`${starts} starts in a row leave nothing behind`, async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const prefix = `many-${process.pid}-`;
  let before = whatIsThere(prefix);
  for (let number = 0; number < warmUp + starts; number++) {
    if (number === warmUp) before = whatIsThere(prefix);
    const id = `${prefix}${number}`;
    await host.runtime.run(host.script(id, "exit 0"));
    t.match(await host.runtime.wait(id), { code: 0 }, id);
    await host.runtime.delete(id);
  }
  t.strictSame(host.leftovers(), []);
  // What ends by itself is given the time to.
  await host.until(() => {
    const { descriptors, shims } = whatIsThere(prefix);
    return descriptors <= before.descriptors && shims <= before.shims;
  });
});

t.test("no process of ours is inside of a running container", async (t) => {
  const host = makeTestHost(chooseExecutor());
  t.teardown(() => host.dispose());
  const list = "for one in /proc/[0-9]*; do echo $one $(readlink $one/exe); done; echo end; sleep 600";
  const { pid = 0 } = await host.runtime.run(host.script("inside", list));
  await host.until(() => host.output("inside").endsWith("end\n"));
  for (const line of host.output("inside").trim().split("\n").slice(0, -1)) {
    t.match(line, /^\/proc\/\d+ (\/bin\/busybox)?$/, "what a process of the container sees");
  }
  // The shim is outside: in its pid namespace, and in its cgroup.
  const inside = cgroupProcesses(join(host.cgroupRoot, "drydock/inside"));
  t.ok(inside.includes(pid), "its first process is in its cgroup");
  for (const one of inside) {
    t.match(readlinkSync(`/proc/${one}/exe`), /\/bin\/busybox$/, "what the host sees in its cgroup");
  }
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  for (const kind of ["pid", "mnt", "net"]) {
    t.equal(readlinkSync(`/proc/${shim}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`), `${kind} of the shim`);
  }
});
