import { readFileSync } from "node:fs";
import type { CheckTools, EtcdCluster, LabCheck, Running } from "@drydock/labs";

interface State {
  revision: number;
  items: Record<string, string>;
}

let cluster: EtcdCluster | undefined;
async function etcdOf(t: CheckTools): Promise<EtcdCluster> {
  cluster ??= await t.etcd();
  return cluster;
}

async function ask(t: CheckTools, ...args: (string | number)[]): Promise<{ code: number | undefined; text: string }> {
  const env = { ENDPOINT: (await etcdOf(t)).endpoints };
  const { code, stdout, stderr, timedOut } = await t.run("history.ts", args.map(String), { env, timeoutMs: 20_000 });
  if (timedOut) throw t.wrong(`history.ts ${args.join(" ")} did not end within 20 s`, "client.close()");
  if (code === 1) throw t.wrong(`history.ts ${args.join(" ")} ended with 1: ${stderr.trim().slice(-150)}`);
  return { code, text: stdout.trim() };
}

async function expectAnswer(t: CheckTools, args: (string | number)[], expected: unknown, hint?: string): Promise<void> {
  const { code, text } = await ask(t, ...args);
  if (code !== 0 || !sameJson(text, expected))
    throw t.wrong(
      `history.ts ${args.join(" ")} printed ${text.slice(0, 200) || "nothing"} and ended with ${code}, expected ${JSON.stringify(expected)}`,
      hint,
    );
}

async function expectCode(t: CheckTools, args: (string | number)[], expected: number, why: string): Promise<void> {
  const { code, text } = await ask(t, ...args);
  if (code !== expected || text !== "")
    throw t.wrong(
      `history.ts ${args.join(" ")} ended with ${code} and printed ${text.slice(0, 80) || "nothing"}, expected ${expected} and nothing: ${why}`,
    );
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function sameJson(text: string, expected: unknown): boolean {
  try {
    return sorted(JSON.parse(text)) === sorted(expected);
  } catch {
    return false;
  }
}

/** One mirror of one prefix, with what its file should have. */
class Mirror {
  readonly prefix: string;
  readonly file: string;
  readonly expected: State = { revision: 0, items: {} };
  readonly #t: CheckTools;
  #child: Running | undefined;

  constructor(t: CheckTools) {
    this.#t = t;
    this.prefix = `${t.word()}/`;
    this.file = `${t.scratch}/${t.word()}.json`;
  }

  async put(name: string, value = this.#t.word()): Promise<void> {
    this.expected.revision = await (await etcdOf(this.#t)).put(this.prefix + name, value);
    this.expected.items[this.prefix + name] = value;
  }

  async remove(name: string): Promise<void> {
    this.expected.revision = await (await etcdOf(this.#t)).delete(this.prefix + name);
    delete this.expected.items[this.prefix + name];
  }

  async start(): Promise<void> {
    const env = { ENDPOINT: (await etcdOf(this.#t)).endpoints };
    this.#child = await this.#t.start("history.ts", ["mirror", this.prefix, this.file], { env });
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.ended;
  }

  read(): string {
    try {
      return readFileSync(this.file, "utf8");
    } catch {
      return "";
    }
  }

  async expectEqual(when: string, hint?: string): Promise<void> {
    const same = await this.#t.until(() => sameJson(this.read(), this.expected), 15_000);
    if (same) return;
    const gone = this.#stillThere();
    const ended = this.#child && (await Promise.race([this.#child.ended, this.#t.until(() => undefined, 50)]));
    throw this.#t.wrong(
      `${when} the file is ${this.read().slice(0, 300) || "not there"}, expected ${JSON.stringify(this.expected)}${
        gone ? `: ${gone} was deleted and is still there` : ended ? `; mirror ended with ${ended.code}` : ""
      }`,
      hint,
    );
  }

  #stillThere(): string | undefined {
    try {
      const { items } = JSON.parse(this.read()) as State;
      return Object.keys(items).find((key) => this.expected.items[key] === undefined);
    } catch {
      return undefined;
    }
  }
}

/** How many requests for keys etcd has answered. */
async function ranges(t: CheckTools): Promise<number> {
  const text = await (await fetch(`${(await etcdOf(t)).endpoints}/metrics`)).text();
  const line = /^grpc_server_handled_total\{grpc_code="OK",grpc_method="Range".*\} (\d+)/m.exec(text);
  return Number(line?.[1] ?? 0);
}

export const steps: LabCheck = {
  async at(t) {
    const etcd = await etcdOf(t);
    const key = t.word();
    const values = [t.word(), t.word(), t.word()];
    const before = await etcd.put("other", "x");
    const revisions: number[] = [];
    for (const value of values) {
      revisions.push(await etcd.put(key, value));
      await etcd.put("other", "x");
    }
    const gone = await etcd.delete(key);
    const one = t.number(0, 3);
    const expected = { value: values[one], revision: revisions[one] };
    const hint = "a request for keys may say at which revision";
    await expectAnswer(t, ["at", revisions[one] ?? 0, key], expected, hint);
    await expectAnswer(t, ["at", (revisions[one] ?? 0) + 1, key], expected, hint);
    await expectCode(t, ["at", before, key], 3, "it was created later");
    await expectCode(t, ["at", gone, key], 3, "it was deleted there");
  },

  async borders(t) {
    const etcd = await etcdOf(t);
    const key = t.word();
    const old = await etcd.put(key, "old");
    const kept = await etcd.put(key, "kept");
    await etcd.compact(kept);
    await expectCode(t, ["at", old, key], 4, "that revision is compacted");
    await expectCode(t, ["at", kept + t.number(1000, 2000), key], 5, "that revision is still to come");
    await expectAnswer(
      t,
      ["at", kept, key],
      { value: "kept", revision: kept },
      "the compacted revision can be read itself",
    );
  },

  async log(t) {
    const etcd = await etcdOf(t);
    const [key, cut] = [t.word(), t.word()];
    await etcd.put(key, "of a former life");
    await etcd.delete(key);
    const versions: { revision: number; value: string }[] = [];
    for (let n = t.number(3, 6); n > 0; n--) {
      const value = t.word();
      versions.unshift({ revision: await etcd.put(key, value), value });
      await etcd.put("other", "x");
    }
    const hint = "what was the key one revision before its last change?";
    await expectAnswer(t, ["log", key], { versions, complete: true }, hint);
    await etcd.put(cut, "forgotten");
    const two = { value: t.word(), revision: 0 };
    two.revision = await etcd.put(cut, two.value);
    await etcd.compact(two.revision);
    const three = { value: t.word(), revision: 0 };
    three.revision = await etcd.put(cut, three.value);
    await expectAnswer(
      t,
      ["log", cut],
      { versions: [three, two], complete: false },
      "compacted is not the same as created",
    );
    await expectCode(t, ["log", t.word()], 3, "there is no such key");
  },

  async mirror(t) {
    const mirror = new Mirror(t);
    await mirror.put("a");
    await mirror.put("b");
    await mirror.start();
    await mirror.expectEqual("after its start");
    await mirror.put("b");
    await mirror.put("c");
    await mirror.remove("a");
    await mirror.expectEqual("after two puts and a deletion", "a deletion is an event, too");
    await mirror.kill();
  },

  async resume(t) {
    const mirror = new Mirror(t);
    await mirror.put("a");
    await mirror.put("b");
    await mirror.start();
    await mirror.expectEqual("after its start");
    await mirror.kill();
    await mirror.remove("b");
    await mirror.put("c");
    const before = await ranges(t);
    await mirror.start();
    await mirror.expectEqual("after a kill -9, two changes and a new start", "the file says how far it is");
    const asked = (await ranges(t)) - before;
    if (asked > 0)
      throw t.wrong(
        `started again on its file it asked for the keys ${asked} times, expected a watch from the file's revision and nothing else`,
        "ten thousand nodes that all list after a restart are how an API server dies",
      );
    await mirror.kill();
  },

  async relist(t) {
    const etcd = await etcdOf(t);
    const mirror = new Mirror(t);
    await mirror.put("a");
    await mirror.put("b");
    await mirror.start();
    await mirror.expectEqual("after its start");
    await mirror.kill();
    await mirror.remove("b");
    await mirror.put("c");
    // Behind the deletion: nobody can be told of it any more.
    const later = await etcd.put("other", "x");
    await etcd.compact(later);
    mirror.expected.revision = later;
    await mirror.start();
    await mirror.expectEqual(
      "after a compaction that passed its revision",
      "the watch ends with an error; what must a list do to what the file had?",
    );
    await mirror.put("d");
    await mirror.expectEqual("after that list and one more put", "after the list comes a watch again");
    await mirror.kill();
  },
};
