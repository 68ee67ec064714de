// fails at ps: ps printed
/**
 * node box.ts run NAME ARGS…        starts a container of $IMAGE, prints NAME and ends; the container goes on. Its output is kept in $LOGS/NAME.log
 * node box.ts ps                    a line for each container of this tool: "NAME  PID  running", "NAME  -  exited 3", by name
 * node box.ts logs [-f] NAME        what it has written; -f: and what it writes, until it has ended
 * node box.ts stop NAME [SECONDS]   SIGTERM, and after 10 SECONDS SIGKILL. Ended already is done.
 * node box.ts rm NAME               record, root and log; exit code 1 while it runs
 *
 * Exit code 1 and one line on standard error when something cannot be done.
 */
import { closeSync, existsSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import { connect, image, spec } from "./containerd.ts";

const SIGTERM = 15;
const SIGKILL = 9;
const LABEL = "lab.drydock.dev/box";
/** How long a log has to be as it is before it counts as whole. */
const CALM_MS = 150;
const POLL_MS = 50;

/** What is to be said to the user, in one line. */
class Failure extends Error {}

const client = await connect();
const { tasks } = client.services;
const logOf = (name: string): string => join(process.env.LOGS ?? "/tmp", `${name}.log`);

async function run(name: string, args: readonly string[]): Promise<void> {
  const found = await client.images.get(image);
  if (!found) throw new Failure(`there is no image ${image}`);
  const { chainId } = found;
  try {
    const container = { id: name, image, chainId, spec: () => spec(name, args), labels: { [LABEL]: "true" } };
    const rootfs = await client.containers.create(container);
    // The shim writes the file: it stays as long as the container does, and nobody has to read.
    const stdio = { stdin: "", stdout: `file://${logOf(name)}`, stderr: `file://${logOf(name)}`, terminal: false };
    await tasks.create({ containerId: name, rootfs, ...stdio });
    await tasks.start({ containerId: name });
  } catch (error) {
    if (hasCode(error, "CONTAINERD_EXISTS")) throw new Failure(`the name ${name} is taken: box.ts rm ${name}`);
    // What was made of it is in the way of the next attempt.
    await client.containers.delete(name);
    throw new Failure(`${name} could not be started: ${(error as Error).message}`);
  }
  console.log(name);
}

async function ps(): Promise<void> {
  const containers = await client.containers.list();
  for (const { id } of containers.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const task = await client.tasks.get(id);
    if (task?.status === "RUNNING") console.log(`${id}  ${task.pid}  running`);
    else console.log(`${id}  -  ${task?.status === "STOPPED" ? `exited ${task.exitStatus}` : "created"}`);
  }
}

async function exists(name: string): Promise<void> {
  if (!(await client.containers.get(name))) throw new Failure(`there is no container ${name}`);
}

async function logs(name: string, follow: boolean): Promise<void> {
  await exists(name);
  let isOver = !follow;
  let fails: unknown;
  if (follow) {
    client.tasks.wait(name).then(
      () => {
        isOver = true;
      },
      (error: unknown) => {
        isOver = true;
        // Somebody has removed it: its log is all that there will be.
        if (!hasCode(error, "CONTAINERD_NOT_FOUND")) fails = error;
      },
    );
  }
  if (!existsSync(logOf(name))) return;
  const file = openSync(logOf(name), "r");
  const buffer = Buffer.alloc(64 << 10);
  for (let calmSince = performance.now(); ; ) {
    const length = readSync(file, buffer, 0, buffer.length, null);
    if (length > 0) {
      calmSince = performance.now();
      await write(buffer.subarray(0, length));
    } else if (!follow || (isOver && performance.now() - calmSince > CALM_MS)) break;
    // The end of a process is known before its last words have gone through the pipe.
    else await delay(POLL_MS);
  }
  closeSync(file);
  if (fails) throw fails;
}

/** Waits for a reader that is slower than we are. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve())),
  );
}

async function stop(name: string, seconds: number): Promise<void> {
  await exists(name);
  const send = async (signal: number): Promise<void> => {
    await client.tasks.kill(name, signal).catch((error: unknown) => {
      if (!hasCode(error, "CONTAINERD_NOT_FOUND")) throw error;
    });
  };
  const task = await client.tasks.get(name);
  if (task?.status !== "RUNNING") return;
  const ended = client.tasks.wait(name);
  await send(SIGTERM);
  const timer = setTimeout(() => void send(SIGKILL), seconds * 1000);
  await ended;
  clearTimeout(timer);
}

async function remove(name: string): Promise<void> {
  await exists(name);
  if ((await client.tasks.get(name))?.status === "RUNNING")
    throw new Failure(`${name} is running: box.ts stop ${name}`);
  await client.containers.delete(name);
  rmSync(logOf(name), { force: true });
}

async function main([command, ...words]: string[]): Promise<void> {
  const [name = "", ...args] = words.filter((word) => command === "run" || word !== "-f");
  if (command === "run") await run(name, args);
  else if (command === "ps") await ps();
  else if (command === "logs") await logs(name, words.includes("-f"));
  else if (command === "stop") await stop(name, Number(args[0] ?? 10));
  else if (command === "rm") await remove(name);
  else throw new Failure("usage: box.ts run|ps|logs|stop|rm");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
client.close();
