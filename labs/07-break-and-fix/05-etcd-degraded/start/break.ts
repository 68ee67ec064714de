/**
 * eval "$(node break.ts)"     starts an etcd of three members and breaks it, another way each time
 * node break.ts --end         ends and removes it
 *
 * It prints what to export. The check does the same with a cluster of its own. There is nothing to edit here.
 */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Member } from "./member.ts";

export interface Scene {
  members: Member[];
  /** For doctor.ts and member.ts. */
  env: { MEMBERS: string; ENDPOINTS: string };
  /** What doctor.ts is to print. */
  findings: string[];
  /** Keys that must be there in the end, with the revision that made them. */
  keys: { key: string; value: string; createRevision: string }[];
  clusterId: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** One call of etcd's JSON gateway. Throws with what etcd says. */
export async function call<T = Record<string, unknown>>(url: string, path: string, body: object = {}): Promise<T> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

export async function breakEtcd(directory: string): Promise<Scene> {
  mkdirSync(directory, { recursive: true });
  const ports = await freePorts(6);
  const members = [0, 1, 2].map((at): Member => {
    const name = `m${at + 1}`;
    const [client, peer] = [ports[2 * at], ports[2 * at + 1]];
    return {
      name,
      clientUrl: `http://127.0.0.1:${client}`,
      peerUrl: `http://127.0.0.1:${peer}`,
      dataDir: join(directory, name),
    };
  });
  const env = {
    MEMBERS: join(directory, "members.json"),
    ENDPOINTS: members.map(({ clientUrl }) => clientUrl).join(","),
  };
  writeFileSync(env.MEMBERS, JSON.stringify(members, undefined, 2));
  // A member answers when it has a leader: they wait for one another.
  await Promise.all(members.map(({ name }) => memberCommand(env, "start", name)));

  const [first] = members;
  const url = first?.clientUrl ?? "";
  const keys: Scene["keys"] = [];
  for (let n = 0; n < 20; n++) {
    const [key, value] = [`/lab/${word()}`, word()];
    const { header } = await call<{ header: { revision: string } }>(url, "/v3/kv/put", {
      key: base64(key),
      value: base64(value),
    });
    keys.push({ key, value, createRevision: header.revision });
  }
  await fill(url);
  const { header } = await call<{ header: { cluster_id: string } }>(url, "/v3/maintenance/status");

  const victim = members[randomInt(3)] as Member;
  const isLost = randomInt(2) === 1;
  const pid = Number(readFileSync(join(directory, `${victim.name}.pid`), "utf8"));
  process.kill(pid, "SIGKILL");
  while (existsSync(`/proc/${pid}/exe`)) await delay(10);
  if (isLost) rmSync(victim.dataDir, { recursive: true });
  await untilReadable(members.find((one) => one !== victim) as Member);
  return {
    members,
    env,
    findings: ["cluster nospace", `${victim.name} ${isLost ? "lost" : "stopped"}`],
    keys,
    clusterId: header.cluster_id,
  };
}

/** The others may need a new leader first. */
async function untilReadable({ clientUrl }: Member): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await call(clientUrl, "/v3/kv/range", { key: base64("/lab/x") });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** One key, written again and again: every value is kept. */
async function fill(url: string): Promise<void> {
  const value = Buffer.alloc(512 << 10, "x").toString("base64");
  for (let n = 0; n < 200; n++) {
    try {
      await call(url, "/v3/kv/put", { key: base64("/lab/large"), value });
    } catch (error) {
      if (/space exceeded/.test(String(error))) return;
      throw error;
    }
  }
  throw new Error("the database did not become full");
}

export async function memberCommand(env: Scene["env"], ...words: string[]): Promise<void> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, "member.ts"), ...words], {
    env: { ...process.env, ...env },
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

function word(): string {
  return randomInt(36 ** 5, 36 ** 6).toString(36);
}

if (import.meta.main) {
  const directory = dirname(process.env.MEMBERS ?? "/tmp/lab-etcd/members.json");
  execFileSync("sh", [
    "-c",
    `for f in ${directory}/*.pid; do [ -e "$f" ] && kill -9 "$(cat "$f")" 2>/dev/null; done; rm -rf ${directory}`,
  ]);
  if (!process.argv.includes("--end")) {
    const { env } = await breakEtcd(directory);
    console.log(`export MEMBERS=${env.MEMBERS} ENDPOINTS=${env.ENDPOINTS} ETCDCTL_API=3`);
  }
}
