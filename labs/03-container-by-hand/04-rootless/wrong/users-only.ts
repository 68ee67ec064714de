// fails at groups: id -g, as the command, printed 65534
/**
 * node rootless.ts run COMMAND ARG…        the command as root of a user namespace of its own, without being root
 * node rootless.ts outside MAP ID          who ID of the namespace is outside, by a file like /proc/PID/uid_map; "unmapped"
 * node rootless.ts ranges USER UID FILE    the map that newuidmap gives this user: root inside is the user, and from 1 on come
 *                                          the ids that FILE, like /etc/subuid, has for the user: "0 1000 1", "1 100000 65536"
 */
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Ids from `inside` on are those from `outside` on, so many. */
interface Range {
  inside: number;
  outside: number;
  count: number;
}

/** The child is born, waits until it is somebody, and only then becomes the command. */
async function run(command: readonly string[]): Promise<number> {
  const namespaces = ["--user", "--mount", "--uts", "--ipc", "--net"];
  const wait = 'read -r _ <&3 && exec "$@" 3<&-';
  const child = spawn("unshare", [...namespaces, "--", "sh", "-c", wait, "sh", ...command], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  const ended = new Promise<number>((resolve) =>
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))),
  );
  const proc = `/proc/${child.pid}`;
  const own = readlinkSync("/proc/self/ns/user");
  while (child.exitCode === null && readlinkSync(`${proc}/ns/user`) === own) await delay(2);
  if (child.exitCode !== null) return ended;
  writeFileSync(`${proc}/uid_map`, `0 ${process.getuid?.()} 1`);
  (child.stdio[3] as Writable).end("go\n");
  return ended;
}

function parseMap(text: string): Range[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      return { inside, outside, count };
    });
}

function outside(map: readonly Range[], id: number): number | undefined {
  const range = map.find(({ inside, count }) => id >= inside && id < inside + count);
  return range && range.outside + id - range.inside;
}

function ranges(user: string, uid: number, text: string): Range[] {
  const map: Range[] = [{ inside: 0, outside: uid, count: 1 }];
  let inside = 1;
  for (const line of text.split("\n")) {
    const [who, first, count] = line.split(":");
    if (who !== user && who !== String(uid)) continue;
    map.push({ inside, outside: Number(first), count: Number(count) });
    inside += Number(count);
  }
  return map;
}

const [verb, ...words] = process.argv.slice(2);
const [first = "", second = "", third = ""] = words;
if (verb === "run") process.exitCode = await run(words);
else if (verb === "outside") console.log(outside(parseMap(readFileSync(first, "utf8")), Number(second)) ?? "unmapped");
else if (verb === "ranges")
  for (const range of ranges(first, Number(second), readFileSync(third, "utf8")))
    console.log(range.inside, range.outside, range.count);
else throw new Error(`no such command: ${verb}`);
