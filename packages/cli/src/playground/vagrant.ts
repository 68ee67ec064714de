import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { hasCode, runCommand } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { PlaygroundSettings } from "./settings.ts";

function environmentOf({ highlyAvailable }: PlaygroundSettings): Record<string, string> {
  const plain = { VAGRANT_NO_COLOR: "1", VAGRANT_CHECKPOINT_DISABLE: "1" };
  return highlyAvailable ? { ...plain, DRYDOCK_HA: "1" } : plain;
}

/** What vagrant prints, as text. Throws PLAYGROUND_NO_VAGRANT. */
export async function vagrantOutput(
  settings: PlaygroundSettings,
  args: readonly string[],
  input?: string,
): Promise<string> {
  try {
    return await runCommand(settings.program, args, {
      cwd: settings.directory,
      env: environmentOf(settings),
      ...(input === undefined ? {} : { input }),
    });
  } catch (error) {
    throw hasCode(error, "COMMAND_NOT_FOUND") ? noVagrant(error) : error;
  }
}

/** Runs vagrant and hands on each line that it prints. Throws PLAYGROUND_FAILED with the lines that say why. */
export async function vagrantLines(
  settings: PlaygroundSettings,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(settings.program, args, {
    cwd: settings.directory,
    env: { ...process.env, ...environmentOf(settings) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  const lastLines: string[] = [];
  const readers = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      const text = line.trim();
      if (text === "") continue;
      if (stream === child.stderr) errors.push(text);
      lastLines.push(text);
      if (lastLines.length > 20) lastLines.shift();
      onLine(text);
    }
  });
  const code = await exitCodeOf(child);
  await Promise.all(readers);
  if (code !== 0) {
    const why = (errors.length > 0 ? errors : lastLines).slice(-8).join("\n  ");
    throw failure(
      "PLAYGROUND_FAILED",
      `${settings.program} ${args.join(" ")} ended with exit code ${code}:\n  ${why}`,
      {
        hint: "the machines stay as they are: drydock playground up goes on, drydock playground down removes them",
      },
    );
  }
}

/** Gives the terminal to vagrant. Returns its exit code. */
export function vagrantInTerminal(settings: PlaygroundSettings, args: readonly string[]): Promise<number> {
  const env = { ...process.env, ...environmentOf(settings) };
  return exitCodeOf(spawn(settings.program, args, { cwd: settings.directory, env, stdio: "inherit" }));
}

async function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number> {
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? 1;
  } catch (error) {
    throw noVagrant(error);
  }
}

function noVagrant(cause: unknown): Error {
  return failure("PLAYGROUND_NO_VAGRANT", "vagrant is not installed", {
    cause,
    hint: "on Debian: apt-get install -y vagrant vagrant-libvirt; elsewhere: https://developer.hashicorp.com/vagrant/install",
  });
}
