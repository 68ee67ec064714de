import type { Command } from "commander";
import { failure } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";

/** What runs the containers of a node. */
export interface RuntimeOptions {
  runtime?: "native" | "containerd";
  containerdSocket?: string;
}

export function withRuntimeOptions(command: Command): Command {
  return command
    .option("--runtime <name>", "what runs containers: native or containerd (default: native, DRYDOCK_RUNTIME)")
    .option("--containerd-socket <file>", "where containerd listens (default: /run/containerd/containerd.sock)");
}

/** Throws CLI_USAGE for a socket that nobody would use. */
export function runtimeOptions(command: Command, { runtime }: Settings): RuntimeOptions {
  const { containerdSocket } = command.opts<{ containerdSocket?: string }>();
  if (containerdSocket !== undefined && runtime !== "containerd") {
    throw failure("CLI_USAGE", "--containerd-socket is for --runtime containerd");
  }
  return {
    ...(runtime === undefined ? {} : { runtime }),
    ...(containerdSocket === undefined ? {} : { containerdSocket }),
  };
}
