import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { CheckTools, Ended, EtcdCluster, LabCheck, Running } from "@drydock/labs";

type Line = Record<string, unknown>;

let cluster: EtcdCluster | undefined;
let snapshot = "";
let revision = 0;
const filled: Record<string, string> = {};

/** Three members, and half a megabyte in them. */
async function etcdOf(t: CheckTools): Promise<EtcdCluster> {
  if (cluster) return cluster;
  cluster = await t.etcd(3);
  for (let n = 0; n < 50; n++) {
    filled[`data/${t.word()}`] = t.word().repeat(900);
  }
  for (const [key, value] of Object.entries(filled)) await cluster.put(key, value);
  return cluster;
}

const endpointOf = (etcd: EtcdCluster): string => etcd.members[0]?.endpoint ?? "";

function backup(t: CheckTools, args: string[], endpoint: string): Promise<Ended> {
  return t.run("backup.ts", args, { env: { ENDPOINT: endpoint }, timeoutMs: 30_000 });
}

function lastWords({ stderr }: { stderr: string }): string {
  return stderr.trim().split("\n").slice(-3).join(" ").slice(0, 200) || "nothing on standard error";
}

function parse(t: CheckTools, text: string, what: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw t.wrong(`${what} printed ${JSON.stringify(text.slice(0, 100))}, expected JSON`);
  }
}

/** Stops all members and makes their data from a file, as `make` does it. */
async function replaceData(etcd: EtcdCluster, make: () => Promise<void>): Promise<void> {
  await Promise.all(etcd.members.map((member) => member.kill()));
  for (const { dataDir } of etcd.members) rmSync(dataDir, { recursive: true, force: true });
  await make();
  await Promise.all(etcd.members.map((member) => member.start()));
}

async function clusterId(etcd: EtcdCluster): Promise<string> {
  return ((await etcd.call("/v3/kv/range", { key: "AA==" })).header as { cluster_id: string }).cluster_id;
}

let oldId = "";
let newId = "";

export const steps: LabCheck = {
  async save(t) {
    const etcd = await etcdOf(t);
    const file = `${t.scratch}/${t.word()}.db`;
    const expected = await etcd.put("data/last", "x");
    filled["data/last"] = "x";
    const ended = await backup(t, ["save", file], endpointOf(etcd));
    if (ended.code !== 0 || !existsSync(file))
      throw t.wrong(
        `save ended with ${ended.code} and the file is ${existsSync(file) ? "" : "not "}there, expected 0 and a file: ${lastWords(ended)}`,
      );
    const status = await t.run("etcdctl", ["snapshot", "status", file, "-w", "json"]);
    if (status.code !== 0)
      throw t.wrong(
        `etcdctl snapshot status cannot read what save made, expected a snapshot: ${lastWords(status)}`,
        "etcdctl snapshot --help",
      );
    const printed = parse(t, ended.stdout, "save");
    if (printed.revision !== expected || printed.bytes !== statSync(file).size)
      throw t.wrong(
        `save printed ${ended.stdout.trim()}, expected {"revision":${expected},"bytes":${statSync(file).size}}`,
      );
    const before = readFileSync(file);
    const bad = await etcd.proxy();
    bad.cutAfter = t.number(100_000, 300_000);
    const cut = await backup(t, ["save", file], bad.endpoint);
    if (cut.code !== 1)
      throw t.wrong(`save ended with ${cut.code} when its connection was cut in the middle, expected 1`);
    if (!existsSync(file) || !readFileSync(file).equals(before))
      throw t.wrong(
        "after a save that failed the file of the save before is not as it was, expected it to be",
        "write to another name, and rename",
      );
    snapshot = file;
    revision = expected;
  },

  async verify(t) {
    const etcd = await etcdOf(t);
    const good = await backup(t, ["verify", snapshot], endpointOf(etcd));
    if (good.code !== 0 || parse(t, good.stdout, "verify").revision !== revision)
      throw t.wrong(
        `verify of a good snapshot ended with ${good.code} and printed ${good.stdout.trim()}, expected 0 and revision ${revision}: ${lastWords(good)}`,
      );
    const bytes = readFileSync(snapshot);
    const at = bytes.indexOf(Object.values(filled)[t.number(0, 50)] ?? "") + t.number(100, 5000);
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const database = `${etcd.members[0]?.dataDir}/member/snap/db`;
    const bad: [string, Buffer][] = [
      [`one bit at byte ${at} is another`, flipped],
      ["the last page is missing", bytes.subarray(0, -4096)],
      ["it is a copy of a running member's database", readFileSync(database)],
      ["it is no snapshot", Buffer.from(JSON.stringify(filled))],
    ];
    for (const [what, content] of bad) {
      const file = `${t.scratch}/${t.word()}.db`;
      writeFileSync(file, content);
      for (const args of [
        ["verify", file],
        ["restore", file, `${t.scratch}/${t.word()}`, "m1=http://127.0.0.1:1"],
      ]) {
        const ended = await backup(t, args, endpointOf(etcd));
        if (ended.code !== 4)
          throw t.wrong(
            `${args[0]} of a file of which ${what} ended with ${ended.code}, expected 4: ${lastWords(ended)}`,
            "what are the last 32 bytes of a snapshot?",
          );
        if (args[2] && existsSync(args[2]) && readdirSync(args[2]).length > 0)
          throw t.wrong(`restore of a file of which ${what} made ${readdirSync(args[2])}, expected nothing`);
      }
    }
  },

  async restore(t) {
    const etcd = await etcdOf(t);
    oldId = await clusterId(etcd);
    await etcd.put("data/after-the-snapshot", "lost");
    const members = etcd.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`);
    await replaceData(etcd, async () => {
      const ended = await backup(t, ["restore", snapshot, etcd.directory, ...members], endpointOf(etcd));
      if (ended.code !== 0) throw t.wrong(`restore ended with ${ended.code}, expected 0: ${lastWords(ended)}`);
      for (const { name, dataDir } of etcd.members)
        if (!existsSync(`${dataDir}/member/snap/db`))
          throw t.wrong(`restore made no ${name}/member/snap/db, expected a data directory for each member`);
    });
    const { items } = await etcd.list("data/");
    const seen = Object.fromEntries(items.map(({ key, value }) => [key, value]));
    const other = Object.keys({ ...filled, ...seen }).find((key) => seen[key] !== filled[key]);
    if (other)
      throw t.wrong(
        `after the restore ${other} is ${seen[other]?.slice(0, 20) ?? "not there"}, expected ${filled[other]?.slice(0, 20) ?? "no such key"}`,
      );
    const old = Math.max(...items.map(({ modRevision }) => modRevision));
    if (old !== revision)
      throw t.wrong(`the last revision of a key is ${old}, expected ${revision} as in the snapshot`);
    const list = (await etcd.call("/v3/cluster/member/list", {})).members as { name: string; peerURLs: string[] }[];
    const found = list.map(({ name, peerURLs }) => `${name}=${peerURLs[0]}`).sort();
    if (found.join() !== [...members].sort().join())
      throw t.wrong(`the members of the new cluster are ${found.join(" ")}, expected ${members.join(" ")}`);
    newId = await clusterId(etcd);
  },

  async identity(t) {
    if (newId === oldId)
      throw t.wrong(
        `the id of the new cluster is ${newId} as that of the old one was, expected another`,
        "an old member that comes back, with data that the new ones never had, would be taken for one of them",
      );
  },

  async follow(t) {
    const etcd = await etcdOf(t);
    const prefix = `${t.word()}/`;
    await etcd.put(`${prefix}kept`, "1");
    const file = `${t.scratch}/${t.word()}.db`;
    const child = await t.start("backup.ts", ["follow", prefix], { env: { ENDPOINT: endpointOf(etcd) } });
    const lines = (): Line[] =>
      child.stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => parse(t, line, "follow"));
    await t.until(() => lines().length > 0, 20_000);
    await expectLast(t, child, lines, { type: "list", items: { [`${prefix}kept`]: "1" } }, "at first");
    await t.run("etcdctl", ["--endpoints", endpointOf(etcd), "snapshot", "save", file], { timeoutMs: 30_000 });

    // The same store, away for a moment: that is no reason to list.
    await Promise.all(etcd.members.map((member) => member.kill()));
    await Promise.all(etcd.members.map((member) => member.start()));
    for (let n = 0; n < 20; n++) await etcd.put(`${prefix}lost`, String(n));
    await expectLast(t, child, lines, { type: "put", value: "19" }, "after a restart of etcd and 20 changes");
    const lists = lines().filter(({ type }) => type === "list").length;
    if (lists !== 1)
      throw t.wrong(
        `etcd was away for a moment and follow listed ${lists} times, expected once: the store is the same`,
        "every header bears the id of the cluster",
      );

    await replaceData(etcd, async () => {
      const members = etcd.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
      const token = t.word();
      for (const { name, peerUrl, dataDir } of etcd.members)
        await t.run("etcdctl", [
          ...["snapshot", "restore", file, "--name", name, "--data-dir", dataDir, "--initial-cluster", members],
          ...["--initial-advertise-peer-urls", peerUrl, "--initial-cluster-token", token],
        ]);
    });
    await expectLast(
      t,
      child,
      lines,
      { type: "list", items: { [`${prefix}kept`]: "1" } },
      "after a restore that took the last 20 changes back, expected a list:",
      "a watch from a revision that the new store has not reached yet waits, and says nothing",
    );
    await etcd.put(`${prefix}kept`, "2");
    await expectLast(t, child, lines, { type: "put", key: `${prefix}kept`, value: "2" }, "after that list and a put");
    child.kill("SIGKILL");
  },
};

/** Waits until the last line has these fields. */
async function expectLast(
  t: CheckTools,
  child: Running,
  lines: () => Line[],
  expected: Line,
  when: string,
  hint?: string,
): Promise<void> {
  const fits = (line: Line | undefined): boolean =>
    Object.entries(expected).every(([name, value]) => JSON.stringify(line?.[name]) === JSON.stringify(value));
  if (await t.until(() => fits(lines().at(-1)), 20_000)) return;
  const ended = await Promise.race([child.ended, t.until(() => undefined, 50)]);
  throw t.wrong(
    `${when} the last line of follow is ${JSON.stringify(lines().at(-1)) ?? "not there"}, expected ${JSON.stringify(expected)}${ended ? `; it ended with ${ended.code}: ${lastWords(ended)}` : ""}`,
    hint,
  );
}
