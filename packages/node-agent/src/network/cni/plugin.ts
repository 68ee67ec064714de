import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { agentError } from "../../errors.ts";
import type { CniCommand } from "./request.ts";

/** A plugin that waits for a lock or a daemon may take its time; one that hangs must not hold a pod for ever. ms */
const timeoutMs = 60_000;

/**
 * Runs a plugin once and returns what it answers, which for DEL and CHECK is nothing. Throws AGENT_CNI with the plugin's own error: a JSON object on stdout
 * with code and msg (section 2, "Errors").
 */
export async function runPlugin(
  type: string,
  environment: Readonly<Record<string, string>>,
  conf: object,
): Promise<unknown> {
  const command = environment.CNI_COMMAND as CniCommand;
  const file = await findPlugin(type, (environment.CNI_PATH ?? "").split(":"));
  const { code, stdout, stderr } = await runToEnd(file, environment, JSON.stringify(conf));
  const answer = parseAnswer(stdout);
  if (code !== 0) {
    const { code: number, msg, details } = (answer ?? {}) as { code?: number; msg?: string; details?: string };
    const said = msg ? `${msg}${details ? ` (${details})` : ""}` : stderr.trim().split("\n").at(-1) || stdout.trim();
    throw agentError("AGENT_CNI", `${command} by ${file} failed: ${said || `exit code ${code}`}`, {
      hint: `what it was given: ${JSON.stringify(conf).slice(0, 500)}`,
      details: { plugin: type, command, ...(number === undefined ? {} : { cniCode: number }) },
    });
  }
  if (command !== "DEL" && command !== "CHECK" && answer === undefined) {
    throw agentError("AGENT_CNI", `${command} by ${file} ended well and answered no JSON: ${stdout.slice(0, 200)}`);
  }
  return answer;
}

async function findPlugin(type: string, directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    const file = join(directory, type);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      // Not in this one.
      () => false,
    );
    if (isThere) return file;
  }
  throw agentError("AGENT_CNI", `there is no CNI plugin ${type} in ${directories.join(", ")}`, {
    hint: "on Debian: apt-get install -y containernetworking-plugins; or name their directory with --cni-bin-dir",
    details: { plugin: type },
  });
}

interface Ended {
  /** -1 when it was killed. */
  code: number;
  stdout: string;
  stderr: string;
}

function runToEnd(file: string, environment: Readonly<Record<string, string>>, input: string): Promise<Ended> {
  return new Promise((resolve) => {
    // Plugins call others (iptables, nft), which they find by PATH.
    const options = { env: { ...process.env, ...environment }, timeout: timeoutMs, killSignal: "SIGKILL" } as const;
    const child = execFile(file, [], options, (error, stdout, stderr) => {
      const late = error?.killed ? `it did not end within ${timeoutMs / 1000} s` : "";
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr: late || stderr || (error && code === -1 ? error.message : "") });
    });
    // One that ends before it has read says why by its exit.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function parseAnswer(stdout: string): unknown {
  if (stdout.trim() === "") return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    // Its caller quotes it.
    return undefined;
  }
}
