/**
 * node rootless.ts run COMMAND ARG…        the command as root of a user namespace of its own, without being root
 * node rootless.ts outside MAP ID          who ID of the namespace is outside, by a file like /proc/PID/uid_map; "unmapped"
 * node rootless.ts ranges USER UID FILE    the map that newuidmap gives this user: root inside is the user, and from 1 on come
 *                                          the ids that FILE, like /etc/subuid, has for the user: "0 1000 1", "1 100000 65536"
 */
import { spawnSync } from "node:child_process";

function run([file = "true", ...args]: string[]): number {
  return spawnSync("unshare", ["--user", "--", file, ...args], { stdio: "inherit" }).status ?? 1;
}

const [verb, ...words] = process.argv.slice(2);
if (verb === "run") process.exitCode = run(words);
else throw new Error(`${verb} is not there yet`);
