import type { Command } from "commander";
import { failure } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";

/** What runs the containers of a node, and what connects them. */
export interface RuntimeOptions {
  runtime?: "native" | "containerd";
  containerdSocket?: string;
  clusterNetwork?: { cni: { confDir: string; binDirs?: string[] } };
}

interface Flags {
  containerdSocket?: string;
  cniConfDir?: string;
  cniBinDir?: string[];
}

export function withRuntimeOptions(command: Command): Command {
  return command
    .option("--runtime <name>", "what runs containers: native or containerd (default: native, DRYDOCK_RUNTIME)")
    .option("--containerd-socket <file>", "where containerd listens (default: /run/containerd/containerd.sock)")
    .option(
      "--cni-conf-dir <dir>",
      "pods are connected by CNI as its first *.conflist says (default: a bridge of ours)",
    )
    .option("--cni-bin-dir <dir...>", "where CNI's plugins are (default: /opt/cni/bin and /usr/lib/cni)");
}

/** Throws CLI_USAGE for a socket or plugins that nobody would use. */
export function runtimeOptions(command: Command, { runtime }: Settings): RuntimeOptions {
  const { containerdSocket, cniConfDir: confDir, cniBinDir: binDirs } = command.opts<Flags>();
  if (containerdSocket !== undefined && runtime !== "containerd") {
    throw failure("CLI_USAGE", "--containerd-socket is for --runtime containerd");
  }
  if (binDirs !== undefined && confDir === undefined) {
    throw failure("CLI_USAGE", "--cni-bin-dir is for --cni-conf-dir");
  }
  return {
    ...(confDir === undefined ? {} : { clusterNetwork: { cni: { confDir, ...(binDirs ? { binDirs } : {}) } } }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(containerdSocket === undefined ? {} : { containerdSocket }),
  };
}
