import { existsSync } from "node:fs";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";
import { directory, type LabContainerd, labContainerd, makeTask } from "../shared/lab-containerd.ts";

const PATIENCE_MS = 20_000;

interface Place extends LabContainerd {
  logs: string;
  box(...args: string[]): Promise<Ended>;
  done(...args: string[]): Promise<string>;
}

let shared: string | undefined;

async function place(t: CheckTools): Promise<Place> {
  const lab = await labContainerd(t);
  shared ??= directory(t);
  const env = { ...lab.env, LOGS: shared };
  const box = async (...args: string[]): Promise<Ended> => {
    const ended = await t.run("box.ts", args, { env, timeoutMs: 60_000 });
    if (ended.timedOut) throw t.wrong(`box.ts ${args[0]} was still running after 60 s, expected an end`);
    return ended;
  };
  const done = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await box(...args);
    if (code !== 0) {
      const error = stderr.split("\n").find((line) => /^\w*Error: /.test(line)) ?? stderr.slice(-150);
      throw t.wrong(
        `box.ts ${args.join(" ").slice(0, 60)} ended with ${code}, expected 0: ${error.trim().slice(0, 200)}`,
      );
    }
    return stdout;
  };
  return { ...lab, env, logs: shared, box, done };
}

function refused(t: CheckTools, what: string, { code, stdout, stderr }: Ended): void {
  if (code !== 1 || stderr.trim() === "" || /^ +at /m.test(stderr))
    throw t.wrong(
      `${what} ended with ${code} and said ${JSON.stringify((stdout + stderr).slice(0, 150))}, expected 1 and one line on standard error`,
    );
}

const pidOf = async ({ client }: LabContainerd, id: string): Promise<number> => (await client.tasks.get(id))?.pid ?? 0;

export const steps: LabCheck = {
  async run(t) {
    const lab = await place(t);
    const [id, mark] = [t.word(), `${t.number(1000, 9999)}`];
    const said = await lab.done("run", id, "sleep", mark);
    if (said.trim() !== id) throw t.wrong(`run printed ${JSON.stringify(said)}, expected ${id}`);
    const status = (await lab.client.tasks.get(id))?.status;
    if (status !== "RUNNING")
      throw t.wrong(
        `when run had ended its container was ${status ?? "not there"}, expected RUNNING`,
        "nobody of yours is left when the command ends: what was the container writing to?",
      );
    const pid = await pidOf(lab, id);
    refused(t, "a second run of the same name", await lab.box("run", id, "sleep", "5"));
    if ((await pidOf(lab, id)) !== pid)
      throw t.wrong("a second run of the same name replaced the container, expected it to go on");
    const broken = t.word();
    refused(t, "run of a program that is not in the image", await lab.box("run", broken, "/no/such/program"));
    if (await lab.client.containers.get(broken))
      throw t.wrong("run failed, and its record is left, expected that the name can be used again");
    await lab.client.containers.delete(id);
  },

  async ps(t) {
    const lab = await place(t);
    const [up, gone, foreign] = [`a${t.word()}`, `b${t.word()}`, t.word()];
    const code = t.number(2, 100);
    await Promise.all([
      lab.done("run", up, "sleep", "1000"),
      lab.done("run", gone, "sh", "-c", `exit ${code}`),
      makeTask(lab, foreign, ["sleep", "1000"]),
    ]);
    await lab.client.tasks.wait(gone);
    const expected = `${up}  ${await pidOf(lab, up)}  running\n${gone}  -  exited ${code}\n`;
    const seen = await lab.done("ps");
    if (seen !== expected)
      throw t.wrong(
        `ps printed ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`,
        "one has ended since, and a third is of somebody else",
      );
    // Behind the back of the tool.
    await lab.client.tasks.kill(up, 9);
    await lab.client.tasks.wait(up);
    await lab.client.containers.delete(gone);
    const after = await lab.done("ps");
    if (after !== `${up}  -  exited 137\n`)
      throw t.wrong(
        `after one was killed and one removed by others ps printed ${JSON.stringify(after)}, expected ${JSON.stringify(`${up}  -  exited 137\n`)}`,
        "a list of your own is old a second later",
      );
    for (const id of [up, foreign]) await lab.client.containers.delete(id);
  },

  async logs(t) {
    const lab = await place(t);
    const [id, out, err] = [t.word(), t.word(), t.word()];
    const many = t.number(30_000, 40_000);
    await lab.done("run", id, "sh", "-c", `echo ${out}; echo ${err} >&2; seq 1 ${many}; exec sleep 1000`);
    let lines: string[] = [];
    await t.until(async () => {
      lines = (await lab.done("logs", id)).split("\n").filter(Boolean);
      return lines.length >= many + 2;
    }, PATIENCE_MS);
    for (const word of [out, err])
      if (!lines.includes(word))
        throw t.wrong(
          `logs does not have "${word}", which went to standard ${word === out ? "output" : "error"}, expected it`,
          "who reads what the container writes, when your command has ended?",
        );
    const numbers = lines.filter((line) => /^\d+$/.test(line));
    if (numbers.length !== many || numbers.at(-1) !== String(many))
      throw t.wrong(
        `the container wrote ${many} numbers, logs has ${numbers.length} and the last is ${numbers.at(-1)}, expected all: a pipe that nobody reads takes 64 KiB`,
      );
    refused(t, "logs of a container that is not there", await lab.box("logs", t.word()));
    await lab.client.containers.delete(id);
  },

  async follow(t) {
    const lab = await place(t);
    const [id, first, last] = [t.word(), t.word(), t.word()];
    await lab.done(
      "run",
      id,
      "sh",
      "-c",
      `echo ${first}; while [ ! -e /tmp/go ]; do sleep 0.05; done; seq 1 500; echo ${last}`,
    );
    const follower = await t.start("box.ts", ["logs", "-f", id], { env: lab.env });
    let over = false;
    void follower.ended.then(() => {
      over = true;
    });
    await t.until(() => over || follower.stdout.includes(first), PATIENCE_MS);
    await t.until(() => over, 500);
    if (over || !follower.stdout.includes(first))
      throw t.wrong(
        `logs -f of a container that runs ${over ? "has ended" : "has printed nothing"}, expected "${first}" and then what comes`,
      );
    const go = await lab.client.tasks.exec(id, {
      process: { cwd: "/", args: ["touch", "/tmp/go"], env: ["PATH=/bin"], user: { uid: 0, gid: 0 } },
      terminal: false,
      stdin: false,
      ioDirectory: directory(t),
    });
    await go.exit;
    if (!(await t.until(() => over, PATIENCE_MS)))
      throw t.wrong("the container has ended, and logs -f goes on, expected it to end", "tasks.wait tells when");
    const lines = follower.stdout.split("\n").filter(Boolean);
    if (lines.at(-1) !== last || lines.length !== 502)
      throw t.wrong(
        `logs -f printed ${lines.length} lines and the last is "${lines.at(-1)}", expected 502 and "${last}"`,
        "the end of a process is known before its last words are in the file",
      );
    await lab.client.containers.delete(id);
  },

  async stop(t) {
    const lab = await place(t);
    const [id, other] = [t.word(), t.word()];
    const code = t.number(2, 100);
    await Promise.all([
      lab.done("run", id, "sh", "-c", `trap 'exit ${code}' TERM; echo ready; while :; do sleep 0.05; done`),
      lab.done("run", other, "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"),
    ]);
    refused(t, "rm of a container that runs", await lab.box("rm", id));
    await t.until(async () => (await lab.done("logs", id)).includes("ready"), PATIENCE_MS);
    await t.until(async () => (await lab.done("logs", other)).includes("ready"), PATIENCE_MS);
    await Promise.all([lab.done("stop", id, "60"), lab.done("stop", other, "1")]);
    const codes = await Promise.all([id, other].map(async (one) => (await lab.client.tasks.get(one))?.exitStatus));
    if (codes[0] !== code || codes[1] !== 137)
      throw t.wrong(
        `after stop the exit codes are ${codes.join(" and ")}, expected ${code} of the one that listens to SIGTERM, and 137 of the other`,
      );
    await lab.done("stop", id);
    await lab.done("rm", id);
    if ((await lab.client.containers.get(id)) || existsSync(`${lab.logs}/${id}.log`))
      throw t.wrong(`after rm the record or the log of ${id} is left, expected neither`);
    await lab.done("run", id, "sleep", "1000");
    for (const one of [id, other]) await lab.client.containers.delete(one);
  },
};
