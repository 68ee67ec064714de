import type { CheckTools, EtcdChange, EtcdCluster, LabCheck, Running } from "@drydock/labs";

type Line = Record<string, unknown>;

let cluster: EtcdCluster | undefined;
async function etcdOf(t: CheckTools): Promise<EtcdCluster> {
  cluster ??= await t.etcd();
  return cluster;
}

function parse(t: CheckTools, line: string, what: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    throw t.wrong(`${what} printed ${JSON.stringify(line.slice(0, 100))}, expected JSON`);
  }
}

async function ask(t: CheckTools, ...args: string[]): Promise<{ code: number | undefined; line: Line }> {
  const env = { ENDPOINT: (await etcdOf(t)).endpoints };
  const { code, stdout, stderr, timedOut } = await t.run("kv.ts", args, { env, timeoutMs: 20_000 });
  const what = `kv.ts ${args.join(" ")}`;
  if (timedOut) throw t.wrong(`${what} did not end within 20 s`, "an open client keeps the process: client.close()");
  if (code !== 0 && code !== 3) throw t.wrong(`${what} ended with ${code}, expected 0: ${stderr.trim().slice(-150)}`);
  return { code, line: code === 0 ? parse(t, stdout, what) : {} };
}

function expectEqual(t: CheckTools, what: string, seen: unknown, expected: unknown, hint?: string): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (a !== b) throw t.wrong(`${what} is ${a}, expected ${b}`, hint);
}

/** A follower whose list has been printed, and the revision of that. */
async function follow(t: CheckTools, prefix: string, endpoint: string): Promise<{ child: Running; from: number }> {
  const child = await t.start("kv.ts", ["follow", prefix], { env: { ENDPOINT: endpoint } });
  const first = await t.until(() => child.stdout.includes("\n") && child.stdout.split("\n")[0], 20_000);
  if (!first)
    throw t.wrong(`kv.ts follow ${prefix} printed no line, expected its list: ${child.stderr.trim().slice(-150)}`);
  const { revision } = parse(t, first, `kv.ts follow ${prefix}`);
  if (typeof revision !== "number")
    throw t.wrong(`the first line of follow has "revision": ${JSON.stringify(revision)}, expected that of its list`);
  return { child, from: revision };
}

function lineOf({ type, key, value, revision }: EtcdChange): string {
  return JSON.stringify(type === "put" ? { type, key, value, revision } : { type, key, revision });
}

/** Compares what a follower printed with what etcd remembers, from its list to revision `last`. */
async function compare(t: CheckTools, child: Running, prefix: string, from: number, last: number): Promise<void> {
  const expected = (await (await etcdOf(t)).history(prefix, from + 1, last)).map(lineOf);
  const seen = (): string[] =>
    child.stdout
      .split("\n")
      .slice(1, -1)
      .map((text) => {
        const { type, key, value, revision } = parse(t, text, "kv.ts follow");
        return lineOf({ type, key, value, revision } as EtcdChange);
      });
  await t.until(() => child.stdout.includes(`"revision":${last}`) || seen().length >= expected.length, 5000);
  const lines = seen();
  const at = expected.findIndex((line, n) => lines[n] !== line);
  if (at >= 0 || lines.length > expected.length)
    throw t.wrong(
      `after a list at revision ${from} change ${Math.max(at, 0) + 1} is ${lines[at] ?? "missing"}, expected ${expected[at] ?? "no more"} (${lines.length} of ${expected.length} lines)`,
      "a list at N shows all up to N: what is the first revision that it does not show?",
    );
}

export const steps: LabCheck = {
  async put(t) {
    const etcd = await etcdOf(t);
    const [key, value] = [`a/${t.word()}`, `${t.word()} ü "quoted"`];
    const before = await etcd.put(`other/${t.word()}`, "x");
    const { line } = await ask(t, "put", key, value);
    const found = await etcd.get(key);
    if (found?.value !== value)
      throw t.wrong(
        `after put ${key} etcd has ${JSON.stringify(found?.value)} there, expected ${JSON.stringify(value)}`,
      );
    expectEqual(t, "the revision that put printed", line.revision, before + 1, "the answer of a put has a header");
  },

  async get(t) {
    const etcd = await etcdOf(t);
    const key = `a/${t.word()}`;
    const [value, times] = [t.word(), t.number(2, 6)];
    let revision = 0;
    for (let n = 1; n <= times; n++) revision = await etcd.put(key, n === times ? value : "old");
    await etcd.put(`${key}-neighbour`, "x");
    const { line } = await ask(t, "get", key);
    const hint = "client.get(key).exec(), and print it";
    expectEqual(t, "value", line.value, value, hint);
    expectEqual(t, "revision of the key", line.revision, revision, hint);
    expectEqual(t, `version after ${times} writes`, line.version, times, hint);
    const { code } = await ask(t, "get", `${key}-nobody`);
    expectEqual(t, "the exit code for a key that does not exist", code, 3);
  },

  async list(t) {
    const etcd = await etcdOf(t);
    const prefix = `l${t.word()}`;
    const items: Record<string, string> = {};
    for (let n = 0; n < 5; n++) items[`${prefix}/${n}`] = t.word();
    for (const [key, value] of Object.entries(items)) await etcd.put(key, value);
    await etcd.put(`${prefix}0`, "sorts behind the prefix with its slash");
    const revision = await etcd.put("elsewhere", "x");
    const { line } = await ask(t, "list", `${prefix}/`);
    expectEqual(t, "items", line.items, items);
    expectEqual(
      t,
      "revision of the list",
      line.revision,
      revision,
      "not that of a key: the list shows the whole store as it was then, and the last change was elsewhere",
    );
  },

  async follow(t) {
    const etcd = await etcdOf(t);
    const prefix = `f${t.word()}/`;
    const keys = [t.word(), t.word(), t.word()].map((word) => prefix + word);
    for (const key of keys) await etcd.put(key, t.word());
    const { child, from } = await follow(t, prefix, etcd.endpoints);
    // A watch that begins late on purpose is the next step's; here it has begun.
    await t.until(() => false, 500);
    const [a = "", b = "", c = ""] = keys.map((key) => Buffer.from(key).toString("base64"));
    await etcd.put(keys[0] as string, t.word());
    await etcd.delete(keys[1] as string);
    // Three changes of one revision.
    const value = Buffer.from(t.word()).toString("base64");
    await etcd.call("/v3/kv/txn", {
      success: [
        { requestPut: { key: a, value } },
        { requestPut: { key: b, value } },
        { requestDeleteRange: { key: c } },
      ],
    });
    const last = await etcd.put(keys[0] as string, t.word());
    await compare(t, child, prefix, from, last);
  },

  async gap(t) {
    const etcd = await etcdOf(t);
    const prefix = `g${t.word()}/`;
    const far = await etcd.proxy();
    far.delayMs = 60;
    let last = await etcd.put(`${prefix}0`, "0");
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) {
        last = await etcd.put(`${prefix}${n % 7}`, String(n));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const { child, from } = await follow(t, prefix, far.endpoint);
    await t.until(() => child.stdout.split("\n").length > 60, 10_000);
    writing = false;
    await writer;
    await compare(t, child, prefix, from, last);
  },
};
