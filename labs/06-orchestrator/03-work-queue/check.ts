import type { CheckTools, LabCheck, Running } from "@drydock/labs";

/** The learner's queue behind its command line. */
class Queue {
  readonly #t: CheckTools;
  readonly #program: Running;
  #said = 0;

  constructor(t: CheckTools, program: Running) {
    this.#t = t;
    this.#program = program;
  }

  /** Lines that it has printed since the last question, "did …" left out. */
  fresh(): string[] {
    const lines = this.#program.stdout.split("\n").slice(0, -1).slice(this.#said);
    this.#said += lines.length;
    return lines.filter((line) => line.startsWith("took "));
  }

  /** Carries commands out, one after the other; returns what was taken meanwhile. */
  async do(...commands: string[]): Promise<string[]> {
    const done = this.#count();
    for (const command of commands) this.#program.write(`${command}\n`);
    const all = await this.#t.until(() => this.#count() === done + commands.length, 8000);
    if (!all) throw this.#t.wrong(`after "${commands.join(", ")}" the program did not go on${this.#error()}`);
    return this.fresh();
  }

  #count(): number {
    return this.#program.stdout.split("\n").filter((line) => line.startsWith("did ")).length;
  }

  #error(): string {
    const line = this.#program.stderr.split("\n").find((one) => /error/i.test(one));
    return line ? `: ${line.trim().slice(0, 200)}` : ", expected it to";
  }
}

async function open(t: CheckTools): Promise<Queue> {
  return new Queue(t, await t.start("main.ts"));
}

function require(t: CheckTools, did: string, seen: readonly string[], expected: readonly string[], hint: string): void {
  const list = (lines: readonly string[]): string => lines.join(", ") || "nothing taken";
  if (list(seen) !== list(expected)) throw t.wrong(`${did}: ${list(seen)}, expected ${list(expected)}`, hint);
}

export const steps: LabCheck = {
  async fair(t) {
    const queue = await open(t);
    const keys = Array.from({ length: t.number(3, 6) }, () => t.word());
    const hint = "take answers with a promise: keep what resolves it until somebody adds";
    require(t, "take from an empty queue", await queue.do("take"), [], hint);
    require(t, "then add", await queue.do(`add ${keys[0]}`), [`took ${keys[0]}`], hint);
    await queue.do(...keys.slice(1).map((key) => `add ${key}`));
    const taken = await queue.do(...keys.slice(1).map(() => "take"));
    require(t, `added ${keys.slice(1).join(", ")}`, taken, keys
      .slice(1)
      .map((key) => `took ${key}`), "in the order of adding");
  },

  async stingy(t) {
    const queue = await open(t);
    const [a, b] = [t.word(), t.word()];
    await queue.do(...Array.from({ length: t.number(5, 20) }, (_, n) => `add ${n === 1 ? b : a}`));
    const taken = await queue.do("take", "take", "take");
    require(t, `added ${a} many times, and ${b}, then three takes`, taken, [
      `took ${a}`,
      `took ${b}`,
    ], "a set, not a list");
  },

  async alone(t) {
    const queue = await open(t);
    const key = t.word();
    await queue.do(`add ${key}`, "take");
    const meanwhile = await queue.do(`add ${key}`, `add ${key}`, "take");
    if (meanwhile.length > 0)
      throw t.wrong(
        `${key} was taken by a second worker while the first had it, expected it to wait for done`,
        "two reconciles of one object at once make everything twice",
      );
    const after = await queue.do(`done ${key}`);
    if (after.join() !== `took ${key}`)
      throw t.wrong(
        `${key} was added while a worker had it, and did not come again after done (${after.join() || "nothing taken"}), expected it once more`,
        "what changed after the worker had looked would be missed for ever",
      );
    require(t, "after the second done", await queue.do(`done ${key}`, "take"), [], "once more, not twice");
    const other = t.word();
    require(t, "another key", await queue.do(`add ${other}`), [`took ${other}`], "keys do not wait for one another");
  },

  async later(t) {
    const queue = await open(t);
    const [slow, quick] = [t.word(), t.word()];
    const ms = t.number(200, 400);
    const first = await queue.do("take", "take", `after ${slow} 60000`, `after ${quick} ${ms}`, `after ${quick} 60000`);
    require(t, `addAfter with ${ms} ms, at once`, first, [], "setTimeout");
    const early = await queue.do(`tick ${ms - 1}`);
    require(t, `addAfter with ${ms} ms, after ${ms - 1} ms`, early, [], "not yet");
    const hint = "of two times for one key the earlier one holds, whichever was said first";
    const due = await queue.do("tick 1");
    require(t, `addAfter with ${ms} ms, then with a minute, after ${ms} ms`, due, [`took ${quick}`], hint);
    const sooner = await queue.do(`after ${slow} 200`, "tick 200");
    require(t, "addAfter with a minute, then with 200 ms, after 200 ms", sooner, [`took ${slow}`], hint);
    const rest = await queue.do(`done ${slow}`, `done ${quick}`, "take", "tick 70000");
    require(t, "and after the minute", rest, [], "the later time is forgotten");
  },

  async failing(t) {
    const queue = await open(t);
    const fail = async (key: string, which: string, ms: number, hint: string): Promise<void> => {
      const early = await queue.do("take", `limited ${key}`, `tick ${ms - 1}`);
      require(t, `${which}, after ${ms - 1} ms`, early, [], hint);
      require(t, `${which}, after ${ms} ms`, await queue.do("tick 1"), [`took ${key}`], hint);
      await queue.do(`done ${key}`);
    };
    const key = t.word();
    for (const [n, ms] of [40, 80, 160, 300, 300].entries())
      await fail(
        key,
        `addRateLimited for the failure ${n + 1} of a key`,
        ms,
        "initialMs, twice as long each time, at most maxMs",
      );
    await fail(
      t.word(),
      "addRateLimited for the first failure of another key",
      40,
      "failures are counted for each key",
    );
    await queue.do(`forget ${key}`);
    await fail(key, "addRateLimited after forget", 40, "a key that has worked begins anew");
  },

  async ending(t) {
    const queue = await open(t);
    const [a, b, c] = [t.word(), t.word(), t.word()];
    await queue.do(`add ${a}`, `add ${b}`, `after ${c} 100`, "shutdown", `add ${c}`, "tick 200");
    const taken = await queue.do("take", "take", "take");
    require(t, "two keys wait, shutDown, another is added, three takes", taken, [
      `took ${a}`,
      `took ${b}`,
      "took nothing",
    ], "closed for what comes, open for what is there; undefined tells a worker to go home");
    const idle = await open(t);
    require(t, "a worker waits, then shutDown", await idle.do("take", "shutdown"), [
      "took nothing",
    ], "answer those who wait");
  },
};
