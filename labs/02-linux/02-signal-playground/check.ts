import { readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

/** Signals with one name only that a shell may trap. */
const trappable = [
  "HUP",
  "INT",
  "QUIT",
  "USR1",
  "USR2",
  "PIPE",
  "ALRM",
  "TERM",
  "TSTP",
  "TTIN",
  "TTOU",
  "URG",
  "XCPU",
  "WINCH",
];

function some(t: CheckTools): string[] {
  return trappable.filter(() => t.number(0, 2) === 1);
}

async function serve(t: CheckTools, config = ""): Promise<Running> {
  const file = `${t.scratch}/${t.word()}`;
  writeFileSync(file, config);
  const child = await t.start("signals.ts", ["serve"], { env: { CONFIG: file } });
  if (!(await t.until(() => child.stdout.includes("ready\n"), 20_000))) {
    throw t.wrong(
      `serve never printed "ready" but: ${(child.stdout + child.stderr).slice(0, 200)}`,
      "CONFIG=/etc/hostname node signals.ts serve",
    );
  }
  return child;
}

/** How it ended, as a shell would say it. */
async function ending(t: CheckTools, child: Running, limitMs: number): Promise<string> {
  const ended = await Promise.race([child.ended, t.until(() => undefined, limitMs)]);
  if (!ended) return "was not ended at all";
  return ended.signal ? `was ended by ${ended.signal}` : `ended with ${ended.code}`;
}

export const steps: LabCheck = {
  async masks(t) {
    for (const ignored of [["HUP", "USR2"], some(t)]) {
      const caught = some(t).filter((name) => !ignored.includes(name));
      const traps = [
        `trap '' ${ignored.join(" ")} 2>/dev/null`,
        ...(caught.length > 0 ? [`trap : ${caught.join(" ")}`] : []),
      ];
      // By standard input: its command line tells nobody what it ignores.
      const child = await t.start("bash", ["-s"]);
      child.write(`${traps.join("; ")}; echo up; while :; do sleep 600; done\n`);
      await t.until(() => child.stdout.includes("up"));
      const { stdout, stderr } = await t.run("signals.ts", ["masks", String(child.pid)]);
      let seen: Record<string, string[]>;
      try {
        seen = JSON.parse(stdout);
      } catch {
        throw t.wrong(`masks printed no JSON but: ${(stdout + stderr).slice(0, 150)}`, "node signals.ts masks $$");
      }
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      for (const [key, field] of [
        ["ignored", "SigIgn"],
        ["caught", "SigCgt"],
        ["blocked", "SigBlk"],
      ] as const) {
        const raw = new RegExp(`${field}:\\s+(\\w+)`).exec(status)?.[1] ?? "0";
        const mask = BigInt(`0x${raw}`);
        // Only signals that have one name: which alias is printed does not matter.
        const relevant = [...trappable, "KILL", "CHLD"].map((name) => `SIG${name}`);
        const expected = relevant
          .filter((name) => (mask >> BigInt(constants.signals[name as NodeJS.Signals] - 1)) & 1n)
          .sort();
        const got = (seen[key] ?? []).filter((name) => relevant.includes(name)).sort();
        if (expected.join() !== got.join()) {
          throw t.wrong(
            `${key} is ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}: ${field} is ${raw}`,
            "which bit of the mask is signal 1? man 5 proc_pid_status, man 7 signal",
          );
        }
      }
    }
  },

  async reload(t) {
    const [first, second] = [t.word(), t.word()];
    const file = `${t.scratch}/${t.word()}`;
    writeFileSync(file, first);
    const child = await t.start("signals.ts", ["serve"], { env: { CONFIG: file } });
    await t.until(() => child.stdout.includes("ready\n"), 20_000);
    if (!child.stdout.includes(`config ${first}\n`))
      throw t.wrong(`at its start serve printed ${JSON.stringify(child.stdout)}, expected "config ${first}" in it`);
    writeFileSync(file, second);
    child.kill("SIGHUP");
    if (!(await t.until(() => child.stdout.includes(`config ${second}\n`), 3000))) {
      const how = await ending(t, child, 100);
      throw t.wrong(
        `after SIGHUP "config ${second}" was not printed, serve ${how === "was not ended at all" ? "runs on as before" : how}`,
        how.includes("SIGHUP")
          ? "what a signal does to a process without a handler: man 7 signal, Term"
          : "the handler has to be there before ready is printed, and has to read the file again",
      );
    }
    child.write("after\n");
    if (!(await t.until(() => child.stdout.includes("done after\n"))))
      throw t.wrong("after SIGHUP a job was not done any more", "a reload is not a restart");
    child.kill("SIGKILL");
  },

  async finish(t) {
    const [job, later] = [t.word(), t.word()];
    const child = await serve(t);
    child.write(`${job}\n${later}\n`);
    await t.until(() => false, 100);
    child.kill("SIGTERM");
    const how = await ending(t, child, 5000);
    if (how !== "ended with 0") {
      throw t.wrong(
        `SIGTERM in the middle of a job: serve ${how}, expected to end with 0 when the job is done`,
        "what is to be done between two jobs once a signal came?",
      );
    }
    if (!child.stdout.includes(`done ${job}\n`))
      throw t.wrong(
        "SIGTERM in the middle of a job: the job was never finished",
        "the handler says that we are to stop; it does not stop",
      );
    if (child.stdout.includes(`done ${later}\n`))
      throw t.wrong(
        "after SIGTERM another job was taken, expected none",
        "in Kubernetes there are 30 seconds, and a queue may be long",
      );
    const idle = await serve(t);
    idle.kill("SIGTERM");
    const idleEnd = await ending(t, idle, 3000);
    if (idleEnd !== "ended with 0")
      throw t.wrong(
        `SIGTERM without a job in hand: serve ${idleEnd}, expected to end with 0`,
        "who waits for a line does not look at a variable",
      );
  },

  async hurry(t) {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const child = await serve(t);
      child.write("slow\n");
      await t.until(() => false, 60);
      child.kill(signal);
      await t.until(() => false, 60);
      child.kill(signal);
      const how = await ending(t, child, 3000);
      if (how !== `ended with ${code}`) {
        throw t.wrong(
          `a second ${signal}: serve ${how}, expected to end with ${code} at once`,
          "the same handler runs again: it has to know that it is the second time",
        );
      }
      if (child.stdout.includes("done slow"))
        throw t.wrong(`a second ${signal}: the job was finished first, expected an end at once`);
    }
  },
};
