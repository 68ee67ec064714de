import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defaultConfig } from "@drydock/runtime";
import t from "tap";

const root = resolve(import.meta.dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "drydock-serve-"));
const socket = join(directory, "s.sock");
const state = join(directory, "state");

function bundle(name: string, ...args: string[]): void {
  const rootfs = join(directory, name, "rootfs/bin");
  mkdirSync(rootfs, { recursive: true });
  writeFileSync(join(rootfs, "busybox"), readFileSync("/bin/busybox"));
  chmodSync(join(rootfs, "busybox"), 0o755);
  for (const applet of ["sh", "cat", "sleep"]) symlinkSync("busybox", join(rootfs, applet));
  const config = defaultConfig(args);
  writeFileSync(join(directory, name, "config.json"), JSON.stringify(config));
}

async function run(args: string[], input = ""): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(join(root, "bin/drydock-runtime"), ["run", ...args], {
    cwd: directory,
    env: { ...process.env, DRYDOCK_RUNTIME_SOCKET: socket },
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.stderr += chunk;
  });
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}

t.test(
  "run through a running drydock",
  { skip: process.arch === "x64" ? false : "the client is x86-64 code" },
  async (t) => {
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const server = spawn(join(root, "drydock"), ["runtime", "--root", state, "serve", "--socket", socket], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(server, "exit");
    t.teardown(async () => {
      server.kill();
      await ended;
    });
    await once(server.stderr, "data");

    bundle("box", "sh", "-c", "read line; echo got $line; echo no >&2; exit 7");
    t.same(await run(["--bundle", "box", "one"], "word\n"), { code: 7, stdout: "got word\n", stderr: "no\n" });
    t.match(await run(["--bundle", "nothing", "two"]), { code: 125, stderr: /nothing has no config.json/ });
    t.match(await run(["--what", "two"]), { code: 125, stderr: /--what/ });
    t.same(readdirSync(state), [], "nothing is left");

    bundle("long", "sleep", "600");
    const client = spawn(`${socket}.client`, ["run", "--bundle", "long", "three"], { cwd: directory, stdio: "ignore" });
    const has = (id: string): boolean => existsSync(join(state, id));
    const until = async (condition: () => boolean): Promise<void> => {
      const deadline = Date.now() + 30_000;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error("waited 30 s in vain");
        await new Promise((go) => setTimeout(go, 10));
      }
    };
    await until(() => has("three"));
    client.kill("SIGKILL");
    await until(() => !has("three"));
    t.pass("a container ends with the command that asked for it");

    server.kill();
    t.same(await ended, [0, null]);
    t.notOk(existsSync(socket) || existsSync(`${socket}.client`), "nothing is left of the socket");
  },
);
