import { resolve } from "node:path";
import { normalizeReference } from "@drydock/oci";
import { failure } from "../errors.ts";
import type { ContainerRequest } from "./record.ts";

export interface RunFlags {
  name?: string;
  detach?: boolean;
  rm?: boolean;
  env: string[];
  volume: string[];
  workdir?: string;
  user?: string;
  entrypoint?: string;
  memory?: string;
  cpus?: string;
  readOnly?: boolean;
}

/** What the flags of `run` ask for. Throws CLI_USAGE, and IMAGE_BAD_REFERENCE. Pure, but for the working directory. */
export function requestOf(image: string, command: string[], flags: RunFlags): ContainerRequest {
  return {
    image: normalizeReference(image),
    command,
    ...(flags.entrypoint === undefined ? {} : { entrypoint: flags.entrypoint }),
    env: flags.env.map(variable),
    mounts: flags.volume.map(mount),
    ...(flags.workdir === undefined ? {} : { workingDir: flags.workdir }),
    ...(flags.user === undefined ? {} : { user: user(flags.user) }),
    ...(flags.memory === undefined ? {} : { memoryLimitBytes: bytes(flags.memory) }),
    ...(flags.cpus === undefined ? {} : { cpus: cores(flags.cpus) }),
    readOnly: flags.readOnly ?? false,
    remove: flags.rm ?? false,
  };
}

const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Names become host names, directories and parts of ids. Throws CLI_USAGE. */
export function checkName(name: string): string {
  if (namePattern.test(name) && name.length <= 63) return name;
  throw failure("CLI_USAGE", `--name: "${name}" is no name for a container`, {
    hint: "up to 63 lower-case letters, digits and -",
  });
}

function variable(text: string): { name: string; value: string } {
  const equals = text.indexOf("=");
  if (equals > 0) return { name: text.slice(0, equals), value: text.slice(equals + 1) };
  const value = equals < 0 && text !== "" ? process.env[text] : undefined;
  if (value !== undefined) return { name: text, value };
  throw failure("CLI_USAGE", `-e: "${text}" is not NAME=VALUE, and no variable of this shell`);
}

function mount(text: string): ContainerRequest["mounts"][number] {
  const [hostPath = "", containerPath = "", mode = "rw", ...rest] = text.split(":");
  if (hostPath === "" || !containerPath.startsWith("/") || !["ro", "rw"].includes(mode) || rest.length > 0) {
    throw failure("CLI_USAGE", `-v: "${text}" is not HOST-PATH:CONTAINER-PATH or HOST-PATH:CONTAINER-PATH:ro`);
  }
  return { hostPath: resolve(hostPath), containerPath, readOnly: mode === "ro" };
}

function user(text: string): { uid: number; gid?: number } {
  const found = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!found) throw failure("CLI_USAGE", `-u: "${text}" is not UID or UID:GID`, { hint: "names are the image's" });
  return { uid: Number(found[1]), ...(found[2] === undefined ? {} : { gid: Number(found[2]) }) };
}

const units: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function bytes(text: string): number {
  const found = /^(\d+)([kmg]?)i?b?$/i.exec(text);
  const unit = units[found?.[2]?.toLowerCase() ?? ""];
  if (found && unit !== undefined) return Number(found[1]) * unit;
  throw failure("CLI_USAGE", `--memory: "${text}" is no amount`, { hint: "write it like 64m or 1g" });
}

function cores(text: string): number {
  const number = Number(text);
  if (number >= 0.01) return number;
  throw failure("CLI_USAGE", `--cpus: "${text}" is no number of cores`, { hint: "write it like 0.5 or 2" });
}
