import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { hasCode, runCommand } from "@drydock/kit";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { reasonIn } from "./reason.ts";
import type { PlaygroundSettings } from "./settings.ts";

function environmentOf({ highlyAvailable }: PlaygroundSettings): Record<string, string> {
  const plain = { VAGRANT_NO_COLOR: "1", VAGRANT_CHECKPOINT_DISABLE: "1" };
  return highlyAvailable ? { ...plain, DRYDOCK_HA: "1" } : plain;
}

/** What vagrant prints, as text. Throws PLAYGROUND_NO_VAGRANT, PLAYGROUND_FAILED. */
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
    if (hasCode(error, "COMMAND_NOT_FOUND")) throw noVagrant(error);
    if (!hasCode(error, "COMMAND_FAILED")) throw error;
    const said = String(error.details?.stderr ?? "").split("\n");
    throw failed(settings, args, `ended with exit code ${error.details?.exitCode}`, said, error);
  }
}

/**
 * Runs vagrant and hands on each line that it prints. Throws PLAYGROUND_FAILED with the lines that say why. A signal to this process goes to vagrant
 * once, wherever it comes from (hence the group of its own: a terminal's Ctrl-C would reach it twice, and the second time it drops everything); it
 * then ends what it has begun, and this throws ExitStatus. A second signal makes it end at once.
 */
export async function vagrantLines(
  settings: PlaygroundSettings,
  args: readonly string[],
  onLine: (line: string) => void,
  onInterrupted: () => void = () => {},
): Promise<void> {
  const child = spawn(settings.program, args, {
    cwd: settings.directory,
    env: { ...process.env, ...environmentOf(settings) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let interrupted: NodeJS.Signals | undefined;
  const pass = (signal: NodeJS.Signals): void => {
    interrupted = signal;
    // Its whole group: vagrant/plain is a shell with children. vagrant itself minds SIGINT alone.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  };
  for (const signal of interruptions) process.on(signal, pass);
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
  try {
    const code = await exitCodeOf(child);
    await Promise.all(readers);
    if (interrupted) {
      onInterrupted();
      throw new ExitStatus(128 + constants.signals[interrupted]);
    }
    if (code !== 0)
      throw failed(settings, args, `ended with exit code ${code}`, errors.length > 0 ? errors : lastLines);
  } finally {
    for (const signal of interruptions) process.off(signal, pass);
  }
}

const interruptions = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function failed(
  { program }: PlaygroundSettings,
  args: readonly string[],
  how: string,
  said: readonly string[],
  cause?: unknown,
): Error {
  return failure("PLAYGROUND_FAILED", `${program} ${args.join(" ")} ${how}:\n  ${reasonIn(said).join("\n  ")}`, {
    hint: "the machines stay as they are: drydock playground up goes on, drydock playground down removes them",
    ...(cause === undefined ? {} : { cause }),
  });
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
