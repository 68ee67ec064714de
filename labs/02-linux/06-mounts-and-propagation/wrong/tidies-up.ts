// fails at isolated: is seen outside
/**
 * node mounts.ts list PID                   [{ "mountPoint": "/", "type": "ext4", "propagation": "private" }, …] in the kernel's order
 *                                           propagation: private, shared, slave, "shared slave", unbindable
 * node mounts.ts peers A B                  ["/", …] mount points of process A that share a peer group with a mount of process B
 * node mounts.ts run COMMAND ARG…           the command in a mount namespace of its own: what it mounts nobody else sees
 * node mounts.ts run --receive COMMAND ARG… the same, but what the host mounts later appears inside, too
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface Mount {
  mountPoint: string;
  type: string;
  propagation: string;
  /** Peer group that it is a member of, and that it receives from. */
  shared: string | undefined;
  master: string | undefined;
}

function list(pid: string): Mount[] {
  return readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n").filter(Boolean).map(parse);
}

/** 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw: a dash ends the optional words. */
function parse(line: string): Mount {
  const [left = "", right = ""] = line.split(" - ");
  const fields = left.split(" ");
  const words = fields.slice(6);
  const group = (name: string): string | undefined => words.find((word) => word.startsWith(`${name}:`))?.split(":")[1];
  const [shared, master] = [group("shared"), group("master")];
  const kinds = [
    ...(shared ? ["shared"] : []),
    ...(master ? ["slave"] : []),
    ...(words.includes("unbindable") ? ["unbindable"] : []),
  ];
  return {
    mountPoint: (fields[4] ?? "").replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    ),
    type: right.split(" ")[0] ?? "",
    propagation: kinds.join(" ") || "private",
    shared,
    master,
  };
}

/** They pass on when one is a member of a group that the other is a member of, or receives from. */
function peers(a: string, b: string): string[] {
  const theirs = list(b);
  const connected = (x: Mount, y: Mount): boolean =>
    (x.shared !== undefined && (x.shared === y.shared || x.shared === y.master)) ||
    (x.master !== undefined && x.master === y.shared);
  return [
    ...new Set(
      list(a)
        .filter((mine) => theirs.some((other) => connected(mine, other)))
        .map(({ mountPoint }) => mountPoint),
    ),
  ].sort();
}

function run(args: string[]): number {
  const receive = args[0] === "--receive";
  const command = receive ? args.slice(1) : args;
  const before = list("self").map(({ mountPoint }) => mountPoint);
  const status = spawnSync(command[0] ?? "true", command.slice(1), { stdio: "inherit" }).status ?? 1;
  for (const { mountPoint } of list("self")) if (!before.includes(mountPoint)) spawnSync("umount", [mountPoint]);
  return status;
}

const [command, ...args] = process.argv.slice(2);
if (command === "list") {
  const shown = list(args[0] ?? "self").map(({ mountPoint, type, propagation }) => ({ mountPoint, type, propagation }));
  console.log(JSON.stringify(shown, null, 2));
}
if (command === "peers") console.log(JSON.stringify(peers(args[0] ?? "self", args[1] ?? "self")));
if (command === "run") process.exitCode = run(args);
