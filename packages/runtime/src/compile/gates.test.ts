import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeProgram, flattenProgram, printProgram, printStep } from "@drydock/linux";
import t from "tap";
import type { RuntimeConfig } from "../types.ts";
import { compile } from "./compile.ts";
import type { CompileInput } from "./compile-input.ts";

const config: RuntimeConfig = {
  ociVersion: "1.0.2",
  root: { path: "/rootfs" },
  process: { cwd: "/", args: ["/bin/true"], terminal: true, consoleSize: { height: 24, width: 80 } },
  mounts: [{ destination: "/dev/pts", type: "devpts" }],
  linux: { namespaces: [{ type: "mount" }, { type: "pid" }] },
};

function input(changes: Partial<CompileInput>): CompileInput {
  return {
    id: "c1",
    config,
    root: { type: "directory", path: "/rootfs" },
    directory: "/run/drydock/c1",
    streams: "console",
    firstProcess: "args",
    facts: { sourceKinds: new Map(), permitted: 0x1ffffffffffn, oomScoreAdj: 0 },
    arch: "x64",
    ...changes,
  };
}

t.test("created by a manager: hooks, a start, a terminal through a socket, descriptors handed on", async (t) => {
  const program = compile(input({ gates: ["hooks", "start"], parent: "caller", preserved: 2 }));
  const file = fileURLToPath(new URL("./fixtures/created.plan", import.meta.url));
  const plan = printProgram(program);
  if (process.env.UPDATE_PLANS) writeFileSync(file, plan);
  t.equal(plan, readFileSync(file, "utf8"));
  const inherit = { report: 3, console: 4, preserved0: 5, preserved1: 6 };
  for (const arch of ["x64", "arm64"] as const) t.ok(encodeProgram(program, { arch, inherit }).image.length > 0x1000);
});

t.test("without a gate nothing of it is there", async (t) => {
  const plan = printProgram(compile(input({})));
  t.notMatch(plan, /start\.report|hooks|gateByte/);
  t.match(plan, /wait4/, "and the shim stays");
});

t.test("an ordinary user's hooks may look at the process while it waits, and nobody before or after", async (t) => {
  const rootless = { uid: 1000, gid: 1000, newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap" };
  const steps = flattenProgram(compile(input({ gates: ["start"], facts: { ...input({}).facts, rootless } })));
  const texts = steps.map(({ step }) => printStep(step));
  const read = texts.findIndex((text) => text.startsWith("read(start"));
  t.equal(texts[read - 1], "prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)");
  t.equal(texts[read + 1], "prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)");
  const asRoot = printProgram(compile(input({ gates: ["start"] })));
  t.notMatch(asRoot, "prctl(PR_SET_DUMPABLE, 1");
});
