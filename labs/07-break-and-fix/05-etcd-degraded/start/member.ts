/**
 * node member.ts start NAME [--existing]     starts a member of $MEMBERS and waits until it answers
 * node member.ts status                      which run
 *
 * What systemd does elsewhere: it knows how each member is started, and nothing else. --existing: it joins a cluster that is there, which
 * has put it on its list before. There is nothing to edit here.
 */
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface Member {
  name: string;
  clientUrl: string;
  peerUrl: string;
  dataDir: string;
}

/** Of the database, bytes. Small, so that it is full soon. */
const QUOTA = 8 << 20;
const ANSWER_MS = 30_000;

const file = process.env.MEMBERS ?? "/tmp/lab-etcd/members.json";
const members: Member[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

async function answers({ clientUrl }: Member): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000);
    return (await fetch(`${clientUrl}/v3/maintenance/status`, { method: "POST", body: "{}", signal })).ok;
  } catch {
    // Nobody listens there, or not yet.
    return false;
  }
}

async function start(member: Member, existing: boolean): Promise<void> {
  const directory = dirname(file);
  const log = openSync(join(directory, `${member.name}.log`), "a");
  const args = [
    `--name=${member.name}`,
    `--data-dir=${member.dataDir}`,
    `--listen-client-urls=${member.clientUrl}`,
    `--advertise-client-urls=${member.clientUrl}`,
    `--listen-peer-urls=${member.peerUrl}`,
    `--initial-advertise-peer-urls=${member.peerUrl}`,
    `--initial-cluster=${members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",")}`,
    `--initial-cluster-state=${existing ? "existing" : "new"}`,
    `--quota-backend-bytes=${QUOTA}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
  const child = spawn("etcd", args, { detached: true, stdio: ["ignore", log, log] });
  writeFileSync(join(directory, `${member.name}.pid`), String(child.pid));
  let ended: string | undefined;
  child.on("exit", (code, signal) => {
    ended = `ended at once with ${signal ?? `exit code ${code}`}: see ${join(directory, `${member.name}.log`)}`;
  });
  child.on("error", (error) => {
    ended = error.message;
  });
  const deadline = Date.now() + ANSWER_MS;
  while (!(await answers(member))) {
    if (ended === undefined && Date.now() > deadline) ended = `does not answer after ${ANSWER_MS / 1000} s`;
    if (ended !== undefined) throw new Error(`${member.name} ${ended}`);
    await delay(50);
  }
  child.unref();
}

const [verb, name] = process.argv.slice(2);
if (verb === "start") {
  const member = members.find((one) => one.name === name);
  if (!member) throw new Error(`${file} has no member ${name}`);
  await start(member, process.argv.includes("--existing"));
} else if (verb === "status") {
  for (const member of members) console.log(`${member.name} ${(await answers(member)) ? "answers" : "is silent"}`);
}
process.exit(0);
