import { type EngineName, runTogether, type VmRequest } from "@drydock/vm";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { linePrefix } from "./line-prefix.ts";

export interface MachineName {
  name: string;
  engine?: EngineName;
}

/** `NAME` or `NAME=ENGINE`. Throws CLI_USAGE. */
export function parseMachine(text: string, engines: readonly EngineName[]): MachineName {
  const [name = "", wanted] = text.split("=");
  if (wanted === undefined) return { name };
  const engine = engines.find((one) => one === wanted);
  if (!engine) {
    throw failure("CLI_USAGE", `--machine: there is no engine called "${wanted}"`, {
      hint: `there are: ${engines.join(", ")}`,
    });
  }
  return { name, engine };
}

/** Runs the same command on every machine; lines carry the machine's name. Ends with the exit code of the first machine, in the order given, that failed. */
export async function runOnMachines(
  machines: readonly MachineName[],
  request: Omit<VmRequest, "network" | "signal" | "stdout" | "stderr">,
  options: { until?: string; signal: AbortSignal },
): Promise<void> {
  const width = Math.max(...machines.map(({ name }) => name.length));
  const results = await runTogether(
    machines.map((machine) => {
      const prefix = `${machine.name.padEnd(width)} | `;
      return {
        ...machine,
        request: {
          ...request,
          stdout: linePrefix(prefix, process.stdout),
          stderr: linePrefix(prefix, process.stderr),
        },
      };
    }),
    options,
  );
  const failed = machines.map(({ name }) => results.get(name)?.exitCode ?? 0).find((code) => code !== 0);
  if (failed !== undefined) throw new ExitStatus(failed);
}
