import { readlinkSync } from "node:fs";
import t from "tap";
import { named } from "../program/operands.ts";
import { printStep } from "../program/print.ts";
import type { SyscallProgram } from "../program/program.ts";
import { steppingExecutor } from "./stepping.ts";

const program: SyscallProgram = {
  name: "main",
  steps: [
    { name: "close_range", args: [4, named("~0", 0xffffffff), 0], why: "" },
    { name: "unshare", args: [named("CLONE_NEWUTS", 0x04000000)], why: "" },
    { name: "sethostname", args: ["stepped", 7], why: "" },
    { name: "exit_group", args: [0], why: "" },
  ],
};

t.test("each step waits for its leave, and has not run before", async (t) => {
  const seen: string[] = [];
  const namespaces: string[] = [];
  const executor = steppingExecutor(async ({ number, step }, of, pid) => {
    seen.push(`${number}/${of} ${printStep(step)}`);
    namespaces.push(readlinkSync(`/proc/${pid}/ns/uts`));
  });
  t.equal((await executor.launch(program)).failure, undefined);
  t.same(seen, [
    "1/4 close_range(4, ~0, 0)",
    "2/4 unshare(CLONE_NEWUTS)",
    '3/4 sethostname("stepped", 7)',
    "4/4 exit_group(0)",
  ]);
  const own = readlinkSync("/proc/self/ns/uts");
  t.same(
    namespaces.map((one) => one === own),
    [true, true, false, false],
  );
});

t.test("who refuses a step gets that reason back", async (t) => {
  let calls = 0;
  const executor = steppingExecutor(async ({ number }) => {
    calls++;
    if (number === 2) throw new Error("enough");
  });
  await t.rejects(executor.launch(program), { message: "enough" });
  t.equal(calls, 2);
});
