import { spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildBusyboxImage } from "@drydock/oci";
import t from "tap";
import { Drydock, outcomeOf } from "../cli/drydock.ts";

export interface RunSubject {
  /** Flags that choose the runtime. */
  flags: string[];
  /** How the runtime is called in `ps`. */
  name: string;
}

interface View {
  name: string;
  id: string;
  runtime: string;
  state: string;
  exitCode?: number;
  reason?: string;
  message?: string;
  ip?: string;
}

/** `drydock run IMAGE WORDS` takes every word after the image for the container: our flags come first. */
export class RunDrydock extends Drydock {
  override spawn(args: readonly string[]): ReturnType<Drydock["spawn"]> {
    return spawn(join(root, "drydock"), ["--data-dir", this.dataDir, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  }

  /** For t.teardown: containers that a test which failed has left, and the data directory. */
  async removeAll(): Promise<void> {
    const names = (await this.run(["ps", "-a", "-o", "name"])).stdout.split("\n").filter(Boolean);
    if (names.length > 0) await this.run(["rm", "-f", ...names]);
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

const image = "example.test/busybox:1";
const root = resolve(import.meta.dirname, "../../..");

/** `drydock run` and its companions as a user types them: the same on every runtime. */
export async function runSuite(drydock: Drydock, { flags, name: runtime }: RunSubject): Promise<void> {
  // Each command boots Node, on a machine that may be busy.
  t.setTimeout(900_000);
  const archive = drydock.path("busybox.tar");
  await buildBusyboxImage({ busybox: "/bin/busybox", output: archive, name: image, version: "1" });
  await drydock.ok(["images", "import", archive, "--name", image]);

  const run = (...args: string[]) => drydock.run(["run", ...flags, ...args]);
  const views = () => drydock.json<View[]>(["ps", "-a"]);
  const view = async (name: string): Promise<View> => {
    const found = (await views()).find((one) => one.name === name);
    if (!found) throw new Error(`no container ${name}`);
    return found;
  };

  await t.test("in the foreground: both streams, the exit code, arguments that look like ours", async (t) => {
    const out = await run("--rm", "-e", "WHO=you", image, "sh", "-c", "echo hello $WHO; echo oops >&2; exit 7");
    t.match(out, { code: 7, stdout: "hello you\n", stderr: "oops\n" });
    t.match(await run("--rm", image, "ls", "-d", "/www"), { code: 0, stdout: "/www\n" });
    t.same(await views(), [], "--rm leaves nothing");
  });

  await t.test("what was asked for is what the container sees", async (t) => {
    const site = drydock.path("site");
    await mkdir(site);
    await writeFile(join(site, "page"), "from outside\n");
    const see = "hostname; id -u; pwd; cat /data/page; touch /data/x 2>&1; touch /x 2>&1";
    const given = ["--name", "seen", "-u", "1000", "-w", "/tmp", "-v", `${site}:/data:ro`, "--read-only"];
    const out = await run("--rm", ...given, image, "sh", "-c", see);
    t.same(out.stdout.split("\n").slice(0, 4), ["seen", "1000", "/tmp", "from outside"]);
    t.match(out.stdout, /\/data\/x: (Read-only file system|Permission denied)/);
    t.match(out.stdout, /\/x: (Read-only file system|Permission denied)/);
    t.match(await run("--rm", "--entrypoint", "echo", image, "instead"), { code: 0, stdout: "instead\n" });
  });

  await t.test("what cannot be run is said, and kept for a look", async (t) => {
    const missing = await run("--name", "missing", image, "/no/such/program");
    t.equal(missing.code, 127);
    t.match(missing.stderr, /no such file|not found/);
    t.match(await view("missing"), { state: "exited", exitCode: 127, reason: "ContainerCannotRun" });
    t.match(await run("--name", "missing", image, "true"), {
      code: 6,
      stderr: /there is a container "missing" already/,
    });
    t.equal(await drydock.ok(["rm", "missing"]), "missing\n");
    t.match(await run("--name", "Not_A_Name", image, "true"), { code: 2 });
    t.match(await run("-v", "nonsense", image, "true"), { code: 2, stderr: /HOST-PATH:CONTAINER-PATH/ });
    const unknown = await run("--name", "unknown", "127.0.0.1:9/none:1");
    t.not(unknown.code, 0, "an image that is nowhere");
    t.same(await views(), [], "leaves no container");
  });

  await t.test("detached: ps, exec, logs, stop, rm", async (t) => {
    const script = "trap 'echo bye; exit 3' TERM; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.1; done";
    const id = (await drydock.ok(["run", ...flags, "-d", "--name", "ticker", image, "sh", "-c", script])).trim();
    t.match(id, /^[0-9a-f]{12}$/);
    t.match(await view("ticker"), { id, runtime, state: "running", ip: /^\d+\.\d+\.\d+\.\d+$/ });
    t.match(await drydock.ok(["ps"]), /ticker +example\.test\/busybox:1 +sh -c .* up /);
    t.match(await drydock.run(["exec", "ticker", "--", "sh", "-c", "echo in; echo err >&2; exit 4"]), {
      code: 4,
      stdout: "in\n",
      stderr: "err\n",
    });
    t.equal(
      (await drydock.run(["exec", "-i", "ticker", "--", "cat"], { input: "there and back" })).stdout,
      "there and back",
    );
    t.not((await drydock.run(["exec", "ticker", "--", "/no/such/program"])).code, 0);
    const terminal = await inTerminal(drydock, [
      "exec",
      "-it",
      "ticker",
      "--",
      "sh",
      "-c",
      "test -t 0 && echo terminal",
    ]);
    t.match(terminal.stdout, /terminal/);
    const log = await until(async () => {
      const { stdout } = await drydock.run(["logs", "ticker"]);
      return stdout.includes("tick 2\n") ? stdout : undefined;
    });
    t.match(log, /^tick 0\ntick 1\ntick 2\n/);
    t.match(await drydock.ok(["logs", "--tail", "1", "--timestamps", "ticker"]), /^\d{4}-\S+Z? tick \d+\n$/);
    t.match(await drydock.run(["rm", "ticker"]), { code: 6, stderr: /runs/ });
    const follow = drydock.spawn(["logs", "-f", id.slice(0, 6)]);
    const followed = outcomeOf(follow);
    await new Promise((resolve) => follow.stdout && createInterface({ input: follow.stdout }).once("line", resolve));
    t.equal(await drydock.ok(["stop", "ticker"]), "ticker\n");
    t.match(await followed, { code: 0, stdout: /\nbye\n$/ }, "following ends with the container, with its last words");
    t.match(await view("ticker"), { state: "exited", exitCode: 3 });
    t.match(await drydock.ok(["logs", "ticker"]), /\nbye\n$/);
    t.match(await drydock.run(["exec", "ticker", "--", "true"]), { code: 6 });
    t.equal(await drydock.ok(["rm", "ticker"]), "ticker\n");
    t.match(await drydock.run(["logs", "--runtime", runtime, "ticker"]), { code: 3, stderr: /no container "ticker"/ });
  });

  await t.test("two containers reach each other", async (t) => {
    await drydock.ok(["run", ...flags, "-d", "--name", "server", image]);
    const { ip } = await view("server");
    const page = await until(async () => {
      const { code, stdout } = await run("--rm", image, "wget", "-qO-", `http://${ip}:8080/`);
      return code === 0 ? stdout : undefined;
    });
    t.match(page, "Hello from");
    t.equal(await drydock.ok(["rm", "-f", "server"]), "server\n");
  });

  await t.test("Ctrl-C stops the container, a second one kills it", async (t) => {
    const polite = drydock.spawn(["run", ...flags, "--rm", "--name", "polite", image, "sh", "-c", waiting("exit 5")]);
    const ended = outcomeOf(polite);
    await firstLine(polite);
    polite.kill("SIGINT");
    t.match(await ended, { code: 5 });
    const deaf = drydock.spawn(["run", ...flags, "--rm", "--name", "deaf", image, "sh", "-c", waiting("echo no")]);
    const killed = outcomeOf(deaf);
    await firstLine(deaf);
    deaf.kill("SIGINT");
    // The first one has arrived when the container says so.
    await new Promise((resolve) => deaf.stdout && createInterface({ input: deaf.stdout }).once("line", resolve));
    deaf.kill("SIGINT");
    t.match(await killed, { code: 137 });
    t.same(await views(), []);
  });

  await t.test("images: pull says where it looked, list has what there is", async (t) => {
    t.match(await drydock.run(["pull", ...flags, "127.0.0.1:9/none:1"]), { code: /[^0]/ });
    const images = await drydock.json<{ names: string[] }[]>(["images", ...flags]);
    t.ok(images.some(({ names }) => names.includes(image)));
  });

  await t.test("nothing is left", async (t) => {
    t.same(await views(), []);
    t.notMatch(await readFile("/proc/self/mountinfo", "utf8"), drydock.path("run"), "no mount");
  });
}

const waiting = (then: string) => `trap '${then}' TERM; echo ready; while :; do sleep 0.05; done`;

function firstLine(child: ReturnType<Drydock["spawn"]>): Promise<unknown> {
  return new Promise((resolve) => child.stdout?.once("data", resolve));
}

/** With a terminal of its own, by script(1). */
function inTerminal(drydock: Drydock, args: string[]) {
  const command = [join(root, "drydock"), "--data-dir", drydock.dataDir, ...args].map((word) => `'${word}'`).join(" ");
  return outcomeOf(spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { cwd: root }));
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
