/**
 * node flame.ts FILE.cpuprofile               folded stacks: "outer;inner MICROSECONDS", one line for each stack, the longest first
 * node flame.ts --hot FILE.cpuprofile         "NAME PERCENT": the function with the most time of its own
 * node flame.ts --total NAME FILE.cpuprofile  "PERCENT": how much of the time NAME was on the stack
 * node flame.ts --svg OUT FILE.cpuprofile     a picture: <rect x y width height><title>NAME MICROSECONDS</title></rect> for each frame
 * node flame.ts --run PROGRAM.ts              profiles the program and says what --hot says
 *
 * PERCENT is of the whole time between startTime and endTime, with one digit: 12.5. A function without a name is "(anonymous)". What V8 puts
 * into parentheses by itself, (idle), (program), (garbage collector), is in the stacks, but is not a hot function.
 * In the picture y grows downwards and the outermost frames have y = 0; x and width are in thousandths of the whole time, 0 to 1000.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    hitCount?: number;
    children?: number[];
  }[];
  /** Microseconds. */
  startTime: number;
  endTime: number;
  /** Of each sample the id of the node that was running… */
  samples: number[];
  /** …and the time since the sample before it; of the first since startTime. */
  timeDeltas: number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hot: { type: "boolean" }, total: { type: "string" }, svg: { type: "string" }, run: { type: "string" } },
});

const profile: Profile = JSON.parse(readFileSync(positionals[0] ?? "", "utf8"));
for (const { callFrame, hitCount = 0 } of profile.nodes) {
  if (hitCount > 0) console.log(`${callFrame.functionName || "(anonymous)"} ${hitCount}`);
}
if (values.hot) console.log("?");
