import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

function mount(...args: string[]): void {
  execFileSync("mount", args);
}

/** A tmpfs of our own, with the propagation that is asked for. */
function place(t: CheckTools, kind: "shared" | "private", name = t.word()): string {
  const path = `${t.scratch}/${name}`;
  mkdirSync(path, { recursive: true });
  mount("-t", "tmpfs", "lab", path);
  mount(`--make-${kind}`, path);
  return path;
}

async function json<T>(t: CheckTools, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await t.run("mounts.ts", args);
  if (code !== 0) throw t.wrong(`mounts.ts ${args.join(" ")} ended with ${code}: ${stderr.trim().split("\n").at(-1)}`);
  try {
    return JSON.parse(stdout);
  } catch {
    throw t.wrong(`mounts.ts ${args.join(" ")} printed no JSON but: ${stdout.slice(0, 100)}`);
  }
}

interface Listed {
  mountPoint: string;
  type: string;
  propagation: string;
}

async function listed(t: CheckTools, path: string, pid: number = process.pid): Promise<Listed> {
  const all = await json<Listed[]>(t, "list", String(pid));
  const found = all.find(({ mountPoint }) => mountPoint === path);
  if (!found)
    throw t.wrong(
      `list has no mount point "${path}", expected it`,
      "how does the kernel write a character that would break the line?",
    );
  return found;
}

/** A process in a mount namespace of its own, with this propagation. */
async function elsewhere(t: CheckTools, propagation: string): Promise<Running> {
  const child = await t.start("unshare", [
    "--mount",
    "--propagation",
    propagation,
    "sh",
    "-c",
    "echo up; exec sleep 600",
  ]);
  await t.until(() => child.stdout.includes("up"));
  return child;
}

function isMounted(path: string): boolean {
  return readFileSync("/proc/self/mounts", "utf8").includes(` ${path} `);
}

export const steps: LabCheck = {
  async list(t) {
    for (const path of [place(t, "private"), place(t, "shared", `${t.word()} with a space`), place(t, "shared")]) {
      const { type } = await listed(t, path);
      if (type !== "tmpfs")
        throw t.wrong(
          `type of ${path} is "${type}", expected "tmpfs"`,
          "the type is the first word after the dash: there may be more words before it",
        );
    }
    const count = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n").length;
    const { length } = await json<Listed[]>(t, "list", String(process.pid));
    if (length !== count) throw t.wrong(`list has ${length} mounts, expected ${count}`);
  },

  async kinds(t) {
    const shared = place(t, "shared");
    const both = `${t.scratch}/${t.word()}`;
    mkdirSync(both);
    mount("--bind", shared, both);
    mount("--make-slave", both);
    const slave = `${t.scratch}/${t.word()}`;
    mkdirSync(slave);
    mount("--bind", shared, slave);
    mount("--make-slave", slave);
    mount("--make-shared", both);
    const unbindable = place(t, "private");
    mount("--make-unbindable", unbindable);
    const cases = [
      [place(t, "private"), "private"],
      [shared, "shared"],
      [slave, "slave"],
      [both, "shared slave"],
      [unbindable, "unbindable"],
    ] as const;
    for (const [path, expected] of cases) {
      const { propagation } = await listed(t, path);
      if (propagation !== expected)
        throw t.wrong(
          `propagation of a mount that is ${expected} is "${propagation}", expected "${expected}"`,
          `grep ${path} /proc/self/mountinfo shows the words before the dash`,
        );
    }
  },

  async peers(t) {
    const [shared, own] = [place(t, "shared"), place(t, "private")];
    const ours = (found: string[]): string => found.filter((path) => path === shared || path === own).join();
    for (const [propagation, expected] of [
      ["unchanged", shared],
      ["slave", shared],
      ["private", ""],
    ] as const) {
      const child = await elsewhere(t, propagation);
      const found = await json<string[]>(t, "peers", String(process.pid), String(child.pid));
      if (ours(found) !== expected)
        throw t.wrong(
          `peers of a namespace made with --propagation ${propagation} has ${JSON.stringify(found.filter((path) => path.startsWith(t.scratch)))}, expected ${expected ? JSON.stringify([expected]) : "none of ours"}`,
          "the same number after shared:, or after shared: here and master: there",
        );
      const back = await json<string[]>(t, "peers", String(child.pid), String(process.pid));
      if (ours(back) !== expected)
        throw t.wrong(
          `peers in the other direction has ${JSON.stringify(back.filter((path) => path.startsWith(t.scratch)))}, expected ${expected ? JSON.stringify([expected]) : "none of ours"}`,
          "one that only receives is connected, too",
        );
      child.kill("SIGKILL");
    }
  },

  async isolated(t) {
    const shared = place(t, "shared");
    mkdirSync(`${shared}/inside`);
    const word = t.word();
    const at = `${shared}/inside`;
    const script = `mount -t tmpfs lab ${at} && echo ${word} >${at}/f && cat ${at}/f; until [ -e ${shared}/go ]; do sleep 0.02; done; exit 7`;
    const child = await t.start("mounts.ts", ["run", "sh", "-c", script]);
    await t.until(() => child.stdout.includes("\n") || child.stderr !== "", 20_000);
    // While it runs: afterwards anybody could have tidied up.
    const seenOutside = isMounted(at);
    writeFileSync(`${shared}/go`, "");
    const { code, stdout } = await child.ended;
    if (stdout.trim() !== word)
      throw t.wrong(
        `the command mounted and printed "${stdout.trim()}", expected "${word}"`,
        "run COMMAND ARG…: the command's own output",
      );
    if (seenOutside)
      throw t.wrong(
        "what the command mounted is seen outside, expected nobody else to see it",
        "a copy of a shared mount is in the same peer group: --propagation",
      );
    if (code !== 7) throw t.wrong(`the command ended with 7, run with ${code}, expected the same`);
  },

  async receiving(t) {
    const shared = place(t, "shared");
    for (const name of ["inside", "later"]) mkdirSync(`${shared}/${name}`);
    const script = `mount -t tmpfs lab ${shared}/inside; echo up; until [ -e ${shared}/later/seen ]; do sleep 0.05; done; echo received; sleep 0.2`;
    const child = await t.start("mounts.ts", ["run", "--receive", "sh", "-c", script]);
    if (!(await t.until(() => child.stdout.includes("up"), 20_000)))
      throw t.wrong(`run --receive did not run the command: ${child.stderr.slice(0, 200)}`);
    if (isMounted(`${shared}/inside`))
      throw t.wrong(
        "what the command mounted is seen outside, expected it to receive only",
        "one of shared, slave, private receives and passes nothing on",
      );
    mount("-t", "tmpfs", "later", `${shared}/later`);
    writeFileSync(`${shared}/later/seen`, "");
    if (!(await t.until(() => child.stdout.includes("received"), 3000)))
      throw t.wrong(
        "what the host mounted later was not seen inside, expected it to appear",
        "private neither passes on nor receives",
      );
    if (!existsSync(`${shared}/later/seen`)) throw t.wrong("the host's own mount is gone, expected it to stay");
  },
};
