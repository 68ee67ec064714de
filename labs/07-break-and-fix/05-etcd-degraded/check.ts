import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CheckTools, LabCheck } from "@drydock/labs";
import { askDoctor, expectFindings } from "../shared/doctor.ts";
import { breakEtcd, call, type Scene } from "./start/break.ts";

interface Status {
  header: { cluster_id: string; member_id: string };
  leader?: string;
  dbSize?: string;
}

let broken: Promise<Scene> | undefined;

function brokenEtcd(t: CheckTools): Promise<Scene> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Scene> {
  const directory = join(t.scratch, "etcd");
  t.defer(() => {
    for (const name of ["m1", "m2", "m3"]) {
      const file = join(directory, `${name}.pid`);
      if (!existsSync(file)) continue;
      try {
        process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
  });
  return breakEtcd(directory);
}

async function status(url: string): Promise<Status | undefined> {
  // Silent ones are what this is about.
  return call<Status>(url, "/v3/maintenance/status").catch(() => undefined) as Promise<Status | undefined>;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Everything that etcd keeps, without its history. */
async function allKeys(url: string): Promise<Map<string, { value: string; createRevision: string }>> {
  type Answer = { kvs?: { key: string; value?: string; create_revision: string }[] };
  const { kvs = [] } = await call<Answer>(url, "/v3/kv/range", { key: "AA==", range_end: "AA==" });
  return new Map(
    kvs.map(({ key, value = "", create_revision }) => [
      Buffer.from(key, "base64").toString(),
      { value: Buffer.from(value, "base64").toString(), createRevision: create_revision },
    ]),
  );
}

export const steps: LabCheck = {
  async diagnose(t) {
    const { env, findings, members } = await brokenEtcd(t);
    const seen = await askDoctor(t, env);
    expectFindings(t, seen, findings, "ask each member for itself; and what is left of the silent one on disk?");
    const alive = await Promise.all(members.map(({ clientUrl }) => status(clientUrl)));
    if (alive.filter(Boolean).length !== 2)
      throw t.wrong("without --fix a member was started, expected it only to look");
  },

  async members(t) {
    const { env, members, clusterId } = await brokenEtcd(t);
    await askDoctor(t, env, "--fix");
    const isWhole = await t.until(async () => {
      const seen = await Promise.all(members.map(({ clientUrl }) => status(clientUrl)));
      return seen.every((one) => one?.leader && one.leader !== "0");
    }, 20_000);
    for (const { name, clientUrl } of members) {
      const seen = await status(clientUrl);
      if (!seen || !isWhole)
        throw t.wrong(
          `20 s after --fix ${name} ${seen ? "has no leader" : "does not answer"}, expected three members that agree on one`,
          `${dirname(env.MEMBERS)}/${name}.log says why: by hand it is below /tmp/lab-etcd`,
        );
      if (seen.header.cluster_id !== clusterId)
        throw t.wrong(
          `${name} is in another cluster now, expected the one that was there: what it has got to do with the old one is nothing`,
          "an etcd that is made anew has none of the data",
        );
    }
    type List = { members: { name?: string; clientURLs?: string[] }[] };
    const list = await call<List>(members[0]?.clientUrl ?? "", "/v3/cluster/member/list");
    const names = list.members.map(({ name }) => name ?? "(never started)").sort();
    if (names.join() !== "m1,m2,m3")
      throw t.wrong(
        `the list of members is ${names.join(", ")}, expected m1, m2, m3`,
        "who was added and never came counts too",
      );
  },

  async space(t) {
    const { members } = await brokenEtcd(t);
    const value = Buffer.alloc(256 << 10, "y").toString("base64");
    for (let n = 0; n < 8; n++) {
      const { name, clientUrl } = members[n % members.length] as (typeof members)[number];
      try {
        await call(clientUrl, "/v3/kv/put", { key: base64("/lab/afterwards"), value });
      } catch (error) {
        throw t.wrong(
          `write ${n + 1} of 8 (256 KiB each) at ${name} was refused, expected it to be taken: ${String(error).slice(0, 120)}`,
          "the alarm was only the bell: was there room again, on each member?",
        );
      }
    }
    const { alarms = [] } = await call<{ alarms?: unknown[] }>(members[0]?.clientUrl ?? "", "/v3/maintenance/alarm", {
      action: "GET",
    });
    if (alarms.length > 0) throw t.wrong(`there is an alarm still: ${JSON.stringify(alarms)}, expected none`);
    for (const { name, clientUrl } of members) {
      const size = Number((await status(clientUrl))?.dbSize ?? 0);
      if (size > 7 << 20)
        throw t.wrong(
          `the database of ${name} has ${size} bytes still, expected it small again: it will be full in a minute`,
          "defragmentation is a matter of each member, not of the cluster",
        );
    }
  },

  async careful(t) {
    const { env, members, keys } = await brokenEtcd(t);
    for (const { name, clientUrl } of members) {
      const now = await allKeys(clientUrl);
      for (const { key, value, createRevision } of keys) {
        const seen = now.get(key);
        if (seen?.value !== value)
          throw t.wrong(`${key} is ${seen ? `"${seen.value}"` : "gone"} at ${name}, expected "${value}"`);
        if (seen.createRevision !== createRevision)
          throw t.wrong(
            `${key} was created at revision ${seen.createRevision} at ${name}, expected ${createRevision}: it was written again, and everybody who watched was deceived`,
          );
      }
      if (!now.has("/lab/large"))
        throw t.wrong(`/lab/large is gone at ${name}, expected its last value: old ones were too many, not this one`);
    }
    expectFindings(t, await askDoctor(t, env, "--fix"), [], "it was cured before");
  },
};
