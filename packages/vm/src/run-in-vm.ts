import type { Engine, EngineName, VmRequest, VmResult } from "./engine.ts";
import { vmError } from "./errors.ts";
import { noneEngine } from "./none-engine.ts";
import { qemuEngine } from "./qemu/qemu-engine.ts";
import { umlEngine } from "./uml-engine.ts";

/** In the order in which they are taken when nobody names one: the host itself when it will do, then the quickest machine. */
const engines: readonly Engine[] = [noneEngine, umlEngine, qemuEngine];

/** The engine called `name`, or the first that works here. VM_ENGINE_MISSING says of each why it does not. */
export async function chooseEngine(name?: EngineName): Promise<Engine> {
  const reasons: string[] = [];
  for (const engine of engines) {
    if (name !== undefined && engine.name !== name) continue;
    const reason = await engine.unavailable();
    if (reason === undefined) return engine;
    reasons.push(`${engine.name}: ${reason}`);
  }
  throw vmError(
    "VM_ENGINE_MISSING",
    `no engine for a lab VM works here - ${reasons.join("; ") || `there is no engine called ${name}`}`,
    {
      hint: "install user-mode Linux: apt-get install -y user-mode-linux",
    },
  );
}

/** The engine called `name`, or the first here that makes a machine and not only lends the host. */
export async function chooseMachine(name?: EngineName): Promise<Engine> {
  if (name !== undefined) return chooseEngine(name);
  return (await umlEngine.unavailable()) === undefined ? umlEngine : chooseEngine("qemu");
}

/** Runs one command in a machine of its own with this host's files and all of cgroup v2. See Engine for errors. */
export async function runInVm(request: VmRequest, engine?: EngineName): Promise<VmResult> {
  if (request.command.length === 0)
    throw vmError("VM_BAD_REQUEST", "no command was given", { hint: "drydock vm run -- COMMAND" });
  return (await chooseEngine(engine)).run(request);
}
