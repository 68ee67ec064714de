import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
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

/** etcd changes no list of members while its members have only just found each other (5 s): it says so, and is asked again. */
async function changeMembers(healthy: Member, change: "remove" | "add", body: object): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; await delay(500)) {
    try {
      return await call(healthy, `/v3/cluster/member/${change}`, body);
    } catch (error) {
      if (!String(error).includes("unhealthy cluster") || Date.now() > deadline) throw error;
    }
  }
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

/** Off the list, on again with another ID: only so do the others forget what it had promised. */
async function replace(healthy: Member, lost: Member): Promise<void> {
  const list = await call<{ members: { ID: string; peerURLs: string[] }[] }>(healthy, "/v3/cluster/member/list");
  const old = list.members.find(({ peerURLs }) => peerURLs.includes(lost.peerUrl));
  if (old) await changeMembers(healthy, "remove", { ID: old.ID });
  await changeMembers(healthy, "add", { peerURLs: [lost.peerUrl] });
  await start(lost.name, "--existing");
}

/** Forget old revisions, give their pages back on every member, and only then take the alarm away. */
async function makeRoom(healthy: Member, alarms: readonly Alarm[]): Promise<void> {
  const { header } = await call<{ header: { revision: string } }>(healthy, "/v3/maintenance/status");
  await call(healthy, "/v3/kv/compaction", { revision: header.revision, physical: true });
  // A member that is being defragmented answers nobody: one after the other.
  for (const member of members) await call(member, "/v3/maintenance/defragment");
  for (const { memberID, alarm } of alarms)
    await call(healthy, "/v3/maintenance/alarm", { action: "DEACTIVATE", memberID, alarm });
}

const isFixing = process.argv.includes("--fix");
const silent: Member[] = [];
for (const member of members) if (!(await answers(member))) silent.push(member);
const healthy = members.find((member) => !silent.includes(member));
if (!healthy) throw new Error("no member answers: there is nobody to ask");

for (const member of silent) {
  const hasData = existsSync(join(member.dataDir, "member"));
  console.log(`${member.name} ${hasData ? "stopped" : "lost"}`);
  if (!isFixing) continue;
  if (hasData) await start(member.name);
  else await replace(healthy, member);
}
const { alarms = [] } = await call<{ alarms?: Alarm[] }>(healthy, "/v3/maintenance/alarm", { action: "GET" });
if (alarms.length > 0) {
  console.log("cluster nospace");
  if (isFixing) await makeRoom(healthy, alarms);
}
