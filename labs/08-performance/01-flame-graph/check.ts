import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckTools, LabCheck } from "@drydock/labs";

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  hitCount: number;
  children: number[];
}

/** A profile that nobody has seen before, with what is in it. */
interface Made {
  file: string;
  whole: number;
  /** Stack to microseconds. */
  folded: Map<string, number>;
  names: string[];
  /** Calls itself. */
  recursive: string;
}

function makeProfile(t: CheckTools): Made {
  const nodes: ProfileNode[] = [];
  const add = (functionName: string, parent?: ProfileNode): ProfileNode => {
    const callFrame = { functionName, url: "file:///x.ts", lineNumber: nodes.length };
    // Ids in no order: they are names, not places.
    const node = { id: 1000 - nodes.length * 7, callFrame, hitCount: 0, children: [] };
    nodes.push(node);
    parent?.children.push(node.id);
    return node;
  };
  const root = add("(root)");
  const [main, a, b, shared] = [t.word(), t.word(), t.word(), t.word()];
  const recursive = t.word();
  const outer = add(main, root);
  const [inA, inB] = [add(a, outer), add(b, outer)];
  // The same function below two others: no stack of it is the largest, together they are.
  const leaves = [add(shared, inA), add(shared, inB)];
  const once = add(recursive, inA);
  const twice = add(recursive, once);
  const unnamed = add("", inB);
  const collector = add("(garbage collector)", root);
  const idle = add("(idle)", root);

  const times = new Map<ProfileNode, number>([
    [outer, t.number(2_000, 4_000)],
    [inA, t.number(30_000, 34_000)],
    [inB, t.number(5_000, 9_000)],
    [leaves[0] as ProfileNode, t.number(22_000, 25_000)],
    [leaves[1] as ProfileNode, t.number(22_000, 25_000)],
    [once, t.number(5_000, 9_000)],
    [twice, t.number(9_000, 12_000)],
    [unnamed, t.number(3_000, 6_000)],
    [collector, t.number(3_000, 5_000)],
    // The longest of all, and nobody's doing.
    [idle, t.number(90_000, 99_000)],
  ]);
  const parts = [...times].flatMap(([node, time]) => {
    const first = t.number(1, time);
    return [
      { node, time: first },
      { node, time: time - first },
    ];
  });
  const order = parts
    .map((part) => ({ part, at: t.number(0, 1_000_000) }))
    .sort((x, y) => x.at - y.at)
    .map(({ part }) => part);
  // Often looked at for a short while: counting samples is not measuring time.
  const short = add(t.word(), outer);
  for (let n = 0; n < 60; n++) order.push({ node: short, time: 20 });
  times.set(short, 60 * 20);

  const startTime = t.number(1_000_000, 9_000_000);
  const lead = t.number(3_000, 6_000);
  const timeDeltas = order.map((_, n) => (n === 0 ? lead : (order[n - 1]?.time ?? 0)));
  const endTime = startTime + lead + order.reduce((sum, { time }) => sum + time, 0);
  for (const { node } of order) node.hitCount += 1;

  const parents = new Map(nodes.flatMap((node) => node.children.map((child): [number, ProfileNode] => [child, node])));
  const stackOf = (node: ProfileNode): string => {
    const parent = parents.get(node.id);
    const name = node.callFrame.functionName || "(anonymous)";
    return parent === undefined || parent === root ? name : `${stackOf(parent)};${name}`;
  };
  const folded = new Map([...times].map(([node, time]) => [stackOf(node), time]));
  const file = join(t.scratch, `${t.word()}.cpuprofile`);
  writeFileSync(
    file,
    JSON.stringify({ nodes, startTime, endTime, samples: order.map(({ node }) => node.id), timeDeltas }),
  );
  return { file, whole: endTime - startTime, folded, names: [main, a, b, shared], recursive };
}

async function flame(t: CheckTools, ...args: string[]): Promise<string> {
  const { code, stdout, stderr, timedOut } = await t.run("flame.ts", args, { timeoutMs: 30_000 });
  if (code !== 0 || timedOut) {
    const error = stderr.split("\n").find((line) => /Error/.test(line)) ?? stderr.slice(0, 150);
    throw t.wrong(`flame.ts ${args[0]} ended with ${timedOut ? "its time over" : code}, expected 0: ${error}`);
  }
  return stdout.trim();
}

function percent(time: number, whole: number): string {
  return ((time / whole) * 100).toFixed(1);
}

export const steps: LabCheck = {
  async folded(t) {
    const { file, folded } = makeProfile(t);
    const lines = (await flame(t, file)).split("\n");
    const seen = new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
    );
    for (const [stack, time] of [...folded].sort((a, b) => b[1] - a[1])) {
      if (!seen.has(stack))
        throw t.wrong(
          `there is no stack "${stack}", expected it (first line: "${lines[0]}")`,
          "outermost first, without (root)",
        );
      if (seen.get(stack) !== time)
        throw t.wrong(
          `the stack ${stack} has ${seen.get(stack)}, expected ${time} µs`,
          "how long does a sample stand? and hitCount counts looks, not time",
        );
    }
    if (seen.size !== folded.size) throw t.wrong(`there are ${seen.size} stacks, expected ${folded.size}`);
    const times = [...seen.values()];
    if (times.some((time, n) => time > (times[n - 1] ?? time)))
      throw t.wrong("the lines are in no order, expected the longest first");
  },

  async hot(t) {
    const { file, folded, names, whole } = makeProfile(t);
    const shared = names[3] ?? "";
    const own = [...folded].filter(([stack]) => stack.endsWith(shared)).reduce((sum, [, time]) => sum + time, 0);
    const expected = `${shared} ${percent(own, whole)}`;
    const seen = await flame(t, "--hot", file);
    if (seen !== expected)
      throw t.wrong(`--hot says "${seen}", expected "${expected}"`, "one function may be at the end of many stacks");
  },

  async total(t) {
    const { file, folded, names, recursive, whole } = makeProfile(t);
    for (const name of [...names, recursive]) {
      const on = [...folded].filter(([stack]) => stack.split(";").includes(name));
      const expected = percent(
        on.reduce((sum, [, time]) => sum + time, 0),
        whole,
      );
      const seen = await flame(t, "--total", name, file);
      if (seen !== expected)
        throw t.wrong(
          `--total ${name} says "${seen}", expected "${expected}"${name === recursive ? ": it calls itself" : ""}`,
          "a stack counts once, however often the name is in it",
        );
    }
  },

  async svg(t) {
    const { file, folded, whole } = makeProfile(t);
    const out = join(t.scratch, `${t.word()}.svg`);
    await flame(t, "--svg", out, file);
    let picture = "";
    try {
      picture = readFileSync(out, "utf8");
    } catch {
      throw t.wrong("--svg wrote no file, expected one");
    }
    const rects = [...picture.matchAll(/<rect\b([^>]*)>\s*<title>(.*?) (\d+)<\/title>/g)].map(
      ([, attributes = "", name, time]) => {
        const number = (key: string): number => Number(new RegExp(`\\b${key}="([\\d.]+)"`).exec(attributes)?.[1]);
        return { name, time: Number(time), x: number("x"), y: number("y"), width: number("width") };
      },
    );
    const wanted = new Map<string, { name: string; depth: number; time: number }>();
    for (const [stack, time] of folded) {
      stack.split(";").forEach((name, depth, all) => {
        const path = all.slice(0, depth + 1).join(";");
        wanted.set(path, { name, depth, time: (wanted.get(path)?.time ?? 0) + time });
      });
    }
    if (rects.length !== wanted.size)
      throw t.wrong(
        `the picture has ${rects.length} frames, expected ${wanted.size}: stacks that begin alike share them`,
      );
    const ys = [...new Set(rects.map(({ y }) => y))].sort((a, b) => a - b);
    const placed = new Map<string, { x: number; width: number }>();
    for (const [path, { name, depth, time }] of wanted) {
      const width = (time / whole) * 1000;
      const found = rects.find((rect) => rect.name === name && rect.time === time && rect.y === ys[depth]);
      if (!found) throw t.wrong(`there is no frame ${name} of ${time} µs in row ${depth}, expected one`);
      if (Math.abs(found.width - width) > 0.5)
        throw t.wrong(`the frame ${name} is ${found.width} wide, expected ${width.toFixed(1)}: ${time} of ${whole} µs`);
      const caller = placed.get(path.split(";").slice(0, -1).join(";"));
      if (caller && (found.x < caller.x - 0.5 || found.x + found.width > caller.x + caller.width + 0.5))
        throw t.wrong(
          `the frame ${name} stands from ${found.x} on, expected it above its caller, which begins at ${caller.x}`,
        );
      const over = rects.find(
        (rect) =>
          rect !== found &&
          rect.y === found.y &&
          rect.x < found.x + found.width - 0.5 &&
          found.x < rect.x + rect.width - 0.5,
      );
      if (over) throw t.wrong(`the frames ${name} and ${over.name} lie on each other, expected them side by side`);
      placed.set(path, found);
    }
  },

  async real(t) {
    const names = [t.word(), t.word(), t.word()];
    const hot = t.number(0, 3);
    const program = join(t.scratch, `${t.word()}.ts`);
    const functions = names.map(
      (name, n) => `function ${name}(): number {
  let sum = 0;
  const end = performance.now() + ${n === hot ? 12 : 3};
  while (performance.now() < end) for (let i = 0; i < 2000; i++) sum = (sum * 31 + i) | 0;
  return sum;
}`,
    );
    const calls = names.map((name) => `${name}()`).join(" + ");
    writeFileSync(
      program,
      `${functions.join("\n")}\nlet all = 0;\nfor (let n = 0; n < 20; n++) all += ${calls};\nconsole.log(all);\n`,
    );
    const seen = await flame(t, "--run", program);
    const [name, share] = seen.split(" ");
    if (name !== names[hot])
      throw t.wrong(
        `--run of a program that spends two thirds of its time in ${names[hot]} says "${seen}", expected that name`,
      );
    if (!(Number(share) > 20)) throw t.wrong(`--run says ${share} %, expected more than 20`);
  },
};
