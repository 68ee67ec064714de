import { encodeProgram, flattenProgram, printProgram, type SyscallProgram } from "@drydock/linux";
import t from "tap";
import { defaultConfig } from "../bundle/default-config.ts";
import { compile } from "./compile.ts";
import { changeProgram } from "./experiment.ts";

const program = compile({
  id: "c1",
  config: defaultConfig(),
  root: { type: "directory", path: "/rootfs" },
  directory: "/run/drydock/c1",
  streams: "inherit",
  firstProcess: "args",
  facts: { sourceKinds: new Map(), permitted: 0n, oomScoreAdj: 0 },
  arch: "x64",
});
const steps = flattenProgram(program);

function numberOf(name: string): number {
  return steps.find(({ step }) => step.name === name)?.number ?? 0;
}

function canBeLaidOut(one: SyscallProgram): boolean {
  const inherit = { report: 3, stdin: 4, stdout: 5, stderr: 6 };
  return encodeProgram(one, { arch: "x64", inherit }).image.length > 0;
}

t.test("nothing is changed without a wish, nor is the program that was given", async (t) => {
  const before = printProgram(program);
  t.equal(printProgram(changeProgram(program, {})), before);
  changeProgram(program, { skip: [numberOf("sethostname")], onlyTo: numberOf("pivot_root") });
  t.equal(printProgram(program), before);
});

t.test("steps are skipped", async (t) => {
  const changed = changeProgram(program, { skip: [numberOf("sethostname"), numberOf("umask")] });
  t.equal(flattenProgram(changed).length, steps.length - 2);
  t.notMatch(printProgram(changed), "sethostname");
  t.ok(canBeLaidOut(changed));
});

t.test("a program can end early, anywhere in the container", async (t) => {
  for (const { number, depth } of steps) {
    if (depth < 2) t.throws(() => changeProgram(program, { onlyTo: number }), { code: "RUNTIME_BAD_STEP" });
    else t.ok(canBeLaidOut(changeProgram(program, { onlyTo: number })), `step ${number}`);
  }
  const changed = printProgram(changeProgram(program, { onlyTo: numberOf("pivot_root") }));
  t.match(changed, /pivot_root\([\s\S]*rt_sigtimedwait/);
  t.notMatch(changed, "execve(");
});

t.test("steps that there are not, or that make the container", async (t) => {
  for (const number of [0, -1, 1.5, 9999, numberOf("clone3")]) {
    t.throws(() => changeProgram(program, { skip: [number] }), { code: "RUNTIME_BAD_STEP" }, String(number));
  }
});
