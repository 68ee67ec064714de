#!/usr/bin/env node
/**
 * An OCI runtime that is a thin skin over another one: $RUNTIME, or runc. It appends a line of JSON for each call to the file $CALLS:
 * {"command": "create", "args": [… all of them …]}.
 *
 * At create it looks into config.json of the bundle: the annotation lab.drydock.dev/env=NAME=VALUE adds NAME=VALUE to the environment of the program.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

interface Config {
  annotations?: Record<string, string>;
  process: { env: string[] };
}

const withValue = ["--root", "--log", "--log-format", "--rootless", "--criu"];

/** The first word that is no option and no value of one. */
function commandOf(args: readonly string[]): string {
  return args.find((word, at) => !word.startsWith("-") && !withValue.includes(args[at - 1] ?? "")) ?? "";
}

function inject(bundle: string): void {
  const file = join(bundle, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as Config;
  const wanted = config.annotations?.["lab.drydock.dev/env"];
  if (wanted === undefined) return;
  config.process.env.push(wanted);
  writeFileSync(file, JSON.stringify(config));
}

const args = process.argv.slice(2);
const command = commandOf(args);
if (process.env.CALLS) appendFileSync(process.env.CALLS, `${JSON.stringify({ command, args })}\n`);
if (command === "create") inject(args[args.indexOf("--bundle") + 1] ?? ".");
// Its streams are those of the container: they are handed on as they are, and nothing of ours goes into them.
const { status, signal, error } = spawnSync(process.env.RUNTIME ?? "runc", args, { stdio: "inherit" });
if (error) throw error;
process.exitCode = status ?? 128 + (signal ? constants.signals[signal] : 0);
