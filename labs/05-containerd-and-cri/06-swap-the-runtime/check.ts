import { execFileSync } from "node:child_process";
import { accessSync, chmodSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";
import { directory, type LabContainerd, labContainerd, makeTask } from "../shared/lab-containerd.ts";

const PATIENCE_MS = 20_000;
const SIGKILL = 9;
const drydock = resolve(import.meta.dirname, "../../../bin/drydock-runtime");

interface Place extends LabContainerd {
  /** Where the wrapper writes its calls. */
  calls: string;
  swap(...args: string[]): Promise<Ended>;
}

let calls: string | undefined;

async function place(t: CheckTools): Promise<Place> {
  if (!calls) {
    calls = join(directory(t), "calls");
    // containerd hands its environment on to the shim, and that to the runtime.
    process.env.CALLS = calls;
    withoutHybrid();
  }
  const lab = await labContainerd(t);
  const swap = (...args: string[]): Promise<Ended> => t.run("swap.ts", args, { env: lab.env, timeoutMs: 60_000 });
  return { ...lab, calls, swap };
}

/** crun does not take a host that has controllers in both versions of cgroups: in our namespace it has those of v1. */
function withoutHybrid(): void {
  const unified = "/sys/fs/cgroup/unified";
  if (existsSync(`${unified}/cgroup.procs`)) execFileSync("umount", [unified]);
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");

function failed({ code, stderr, timedOut }: Ended): string {
  const error = stderr.split("\n").find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-150);
  return timedOut ? "was still running after 60 s" : `ended with ${code}: ${error.trim().slice(0, 200)}`;
}

interface Call {
  command: string;
  args: string[];
}

const callsOf = ({ calls }: Place, id: string): Call[] =>
  textOf(calls)
    .split("\n")
    .flatMap((line) => {
      try {
        return line ? [JSON.parse(line) as Call] : [];
      } catch {
        return [];
      }
    })
    .filter(({ args }) => args?.includes(id));

export const steps: LabCheck = {
  async chosen(t) {
    const lab = await place(t);
    // A runtime that nobody can know: it leaves a mark, and is runc.
    const marks = directory(t);
    const spy = join(directory(t), t.word());
    writeFileSync(spy, `#!/bin/sh\necho "$*" >>${marks}/seen\nexec runc "$@"\n`);
    chmodSync(spy, 0o755);
    const [id, mark] = [t.word(), `${t.number(1000, 9999)}`];
    const ran = await lab.swap("run", spy, id, "sleep", mark);
    if (ran.code !== 0) throw t.wrong(`swap.ts run ${failed(ran)}, expected 0`);
    const pid = ran.stdout.trim();
    if (
      !(await t.until(
        () => textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() === `sleep ${mark}`,
        PATIENCE_MS,
      ))
    )
      throw t.wrong(
        `process ${pid || "(none was printed)"} is "${textOf(`/proc/${pid}/cmdline`)}", expected "sleep ${mark}"`,
      );
    if (!textOf(`${marks}/seen`).includes(id))
      throw t.wrong(
        `the container runs, and ${spy} was never called, expected it in place of runc`,
        "the runtime's name is that of the shim: what the shim calls is an option",
      );
    await lab.client.containers.delete(id);
    const crun = t.word();
    const other = await lab.swap("run", "crun", crun, "sleep", mark);
    if (other.code !== 0) throw t.wrong(`swap.ts run crun ${failed(other)}, expected 0`);
    await lab.client.containers.delete(crun);
  },

  async compared(t) {
    const lab = await place(t);
    const runtimes = ["runc", "crun", drydock];
    const measured: string[] = [];
    for (const binaryName of runtimes) {
      const id = t.word();
      const pid = await makeTask(lab, id, ["true"], { binaryName });
      measured.push(textOf(`/proc/${pid}/comm`).trim());
      // crun does not delete what was never started and is there: it has to be ended first.
      const ended = lab.client.tasks.wait(id);
      await lab.client.tasks.kill(id, SIGKILL);
      await ended;
      await lab.client.containers.delete(id);
    }
    const compared = await lab.swap("compare", ...runtimes);
    if (compared.code !== 0) throw t.wrong(`swap.ts compare ${failed(compared)}, expected 0`);
    const lines = compared.stdout.trim().split("\n");
    const expected = runtimes.map((runtime, at) => JSON.stringify({ runtime, waitsAs: measured[at], exitCode: 7 }));
    for (const [at, line] of expected.entries())
      if (lines[at] !== line)
        throw t.wrong(
          `compare printed ${lines[at] ?? "nothing"}, expected ${line}`,
          "between create and start a process waits: /proc/PID/comm",
        );
    const left = (await lab.client.containers.list()).length;
    if (left > 0) throw t.wrong(`after compare ${left} containers are left, expected none`);
  },

  async wrapped(t) {
    const lab = await place(t);
    const wrapper = join(t.folder, "wrapper.ts");
    try {
      accessSync(wrapper, constants.X_OK);
    } catch {
      throw t.wrong("wrapper.ts is not executable, expected a program that a shim can call", "chmod +x wrapper.ts");
    }
    const [id, out, err] = [t.word(), t.word(), t.word()];
    const code = t.number(2, 100);
    const log = join(directory(t), "log");
    const args = ["sh", "-c", `echo ${out}; echo ${err} >&2; exit ${code}`];
    const pid = await makeTask(lab, id, args, { binaryName: wrapper, output: log }).catch((error: Error) => {
      throw t.wrong(
        `containerd could not create a container by wrapper.ts: ${error.message.slice(0, 200)}`,
        "what a runtime prints belongs to the container",
      );
    });
    const ended = lab.client.tasks.wait(id);
    await lab.client.services.tasks.start({ containerId: id });
    const seen = await Promise.race([ended, t.until(() => undefined, PATIENCE_MS)]);
    if (seen?.code !== code)
      throw t.wrong(
        `a container (pid ${pid}) that ends with ${code} ended with ${seen?.code ?? "nothing at all"} by wrapper.ts, expected ${code}`,
      );
    await t.until(() => textOf(log).includes(out) && textOf(log).includes(err), 5000);
    const lines = textOf(log).split("\n").filter(Boolean).sort().join(", ");
    if (lines !== [out, err].sort().join(", "))
      throw t.wrong(
        `the container wrote ${out} and ${err}, and its log has ${JSON.stringify(lines)}, expected both and nothing else`,
        "its streams are those of the runtime that made it: hand them on as they are",
      );
    await lab.client.containers.delete(id);
    const commands = callsOf(lab, id).map(({ command }) => command);
    const lacking = ["create", "start", "delete"].filter((one) => !commands.includes(one));
    if (lacking.length > 0)
      throw t.wrong(
        `$CALLS has ${commands.join(", ") || "no calls"} for ${id}, expected ${lacking.join(", ")} as well`,
        "one line of JSON for each call",
      );
    const broken = t.word();
    const started = await makeTask(lab, broken, ["/no/such/program"], { binaryName: wrapper }).then(
      () =>
        lab.client.services.tasks.start({ containerId: broken }).then(
          () => true,
          () => false,
        ),
      () => false,
    );
    await lab.client.containers.delete(broken);
    if (started)
      throw t.wrong(
        "containerd was told that a program which is not in the image has started, expected the error of runc",
        "how did the runtime below end? Whoever calls you has to know",
      );
  },

  async injected(t) {
    const lab = await place(t);
    const [id, plain, value] = [t.word(), t.word(), t.word()];
    const annotations = { "lab.drydock.dev/env": `INJECTED=${value}` };
    for (const [one, more] of [
      [id, { annotations }],
      [plain, {}],
    ] as const) {
      const log = join(directory(t), "log");
      await makeTask(lab, one, ["sh", "-c", "env; echo over"], {
        binaryName: join(t.folder, "wrapper.ts"),
        output: log,
        ...more,
      });
      const ended = lab.client.tasks.wait(one);
      await lab.client.services.tasks.start({ containerId: one });
      await ended;
      await t.until(() => textOf(log).includes("over"), 5000);
      await lab.client.containers.delete(one);
      const seen = /^INJECTED=(.*)$/m.exec(textOf(log))?.[1];
      if (one === id && seen !== value)
        throw t.wrong(
          `the annotation asks for INJECTED=${value}, the program saw INJECTED=${seen ?? "nothing"}, expected it`,
          "config.json is in the bundle, and read when create begins",
        );
      if (one === plain && seen !== undefined)
        throw t.wrong("a container without the annotation has INJECTED, too, expected it unchanged");
      if (!/^PATH=\/bin$/m.test(textOf(log)))
        throw t.wrong(
          `the program's environment lacks what was in it before: ${textOf(log).slice(0, 100)}, expected PATH=/bin`,
        );
    }
  },
};
