// fails at hot: --hot says
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    hitCount?: number;
    children?: number[];
  }[];
  startTime: number;
  endTime: number;
  samples: number[];
  timeDeltas: number[];
}

interface Frame {
  name: string;
  time: number;
  children: Map<string, Frame>;
}

/** Folded stacks with their microseconds. Pure. */
function fold({ nodes, samples, timeDeltas, startTime, endTime }: Profile): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child): [number, number] => [child, id])),
  );
  const stackOf = (id: number): string => {
    const names: string[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      if (parents.has(at)) names.unshift(byId.get(at)?.callFrame.functionName || "(anonymous)");
    }
    return names.join(";");
  };
  const folded = new Map<string, number>();
  let at = startTime;
  samples.forEach((id, n) => {
    at += timeDeltas[n] ?? 0;
    const time = timeDeltas[n + 1] ?? endTime - at;
    const stack = stackOf(id);
    if (stack !== "") folded.set(stack, (folded.get(stack) ?? 0) + time);
  });
  return folded;
}

/** The function with the most time of its own. Pure. */
function hottest(folded: ReadonlyMap<string, number>): [name: string, time: number] {
  const longest = [...folded].filter(([stack]) => !stack.startsWith("(")).sort((a, b) => b[1] - a[1])[0];
  return [longest?.[0].split(";").at(-1) ?? "(nothing)", longest?.[1] ?? 0];
}

function treeOf(folded: ReadonlyMap<string, number>): Frame {
  const root: Frame = { name: "", time: 0, children: new Map() };
  for (const [stack, time] of folded) {
    let frame = root;
    for (const name of stack.split(";")) {
      const child = frame.children.get(name) ?? { name, time: 0, children: new Map() };
      frame.children.set(name, child);
      child.time += time;
      frame = child;
    }
  }
  return root;
}

const HEIGHT = 16;

function rects({ children }: Frame, whole: number, x: number, depth: number): string[] {
  let at = x;
  return [...children.values()].flatMap((frame) => {
    const width = (frame.time / whole) * 1000;
    const title = `<title>${escaped(frame.name)} ${frame.time}</title>`;
    const colour = `hsl(${(frame.name.length * 37) % 60} 80% 60%)`;
    const rect = `<rect x="${at.toFixed(3)}" y="${depth * HEIGHT}" width="${width.toFixed(3)}" height="${HEIGHT}" fill="${colour}" stroke="white">${title}</rect>`;
    const inner = rects(frame, whole, at, depth + 1);
    at += width;
    return [rect, ...inner];
  });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function profileOf(program: string): Profile {
  const directory = mkdtempSync(join(tmpdir(), "flame-"));
  try {
    const flags = ["--cpu-prof", "--cpu-prof-interval=500", `--cpu-prof-dir=${directory}`];
    execFileSync(process.execPath, [...flags, program], { stdio: "ignore" });
    const [file = ""] = readdirSync(directory);
    return JSON.parse(readFileSync(join(directory, file), "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hot: { type: "boolean" }, total: { type: "string" }, svg: { type: "string" }, run: { type: "string" } },
});
const profile: Profile = values.run ? profileOf(values.run) : JSON.parse(readFileSync(positionals[0] ?? "", "utf8"));
const whole = profile.endTime - profile.startTime;
const folded = fold(profile);
const percent = (time: number): string => ((time / whole) * 100).toFixed(1);

if (values.hot || values.run) {
  const [name, time] = hottest(folded);
  console.log(`${name} ${percent(time)}`);
} else if (values.total !== undefined) {
  const { total } = values;
  const on = [...folded].filter(([stack]) => stack.split(";").includes(total));
  console.log(percent(on.reduce((sum, [, time]) => sum + time, 0)));
} else if (values.svg) {
  const picture = rects(treeOf(folded), whole, 0, 0);
  writeFileSync(
    values.svg,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 400">\n${picture.join("\n")}\n</svg>\n`,
  );
} else {
  const lines = [...folded].sort((a, b) => b[1] - a[1]).map(([stack, time]) => `${stack} ${time}`);
  console.log(lines.join("\n"));
}
