/**
 * node box.ts run NAME ARGS…        starts a container of $IMAGE, prints NAME and ends; the container goes on. Its output is kept in $LOGS/NAME.log
 * node box.ts ps                    a line for each container of this tool: "NAME  PID  running", "NAME  -  exited 3", by name
 * node box.ts logs [-f] NAME        what it has written; -f: and what it writes, until it has ended
 * node box.ts stop NAME [SECONDS]   SIGTERM, and after 10 SECONDS SIGKILL. Ended already is done.
 * node box.ts rm NAME               record, root and log; exit code 1 while it runs
 *
 * Exit code 1 and one line on standard error when something cannot be done.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, image, spec } from "./containerd.ts";

const client = await connect();
const logs = process.env.LOGS ?? "/tmp";
const memory = join(logs, "boxes.json");
const boxes: Record<string, { pid: number }> = existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : {};
const [command, name = "", ...args] = process.argv.slice(2);

if (command === "run") {
  const { chainId } = (await client.images.get(image)) ?? { chainId: "" };
  await client.containers.create({ id: name, image, chainId, spec: () => spec(name, args) });
  const { pid, stdout } = await client.tasks.start(name, {
    ioDirectory: join(logs, `io-${name}`),
    terminal: false,
    stdin: false,
  });
  stdout.pipe(process.stdout);
  boxes[name] = { pid };
  writeFileSync(memory, JSON.stringify(boxes));
} else if (command === "ps") {
  for (const [name, { pid }] of Object.entries(boxes)) console.log(`${name}  ${pid}  running`);
}
// Detached: nobody waits for the container.
process.exit(0);
