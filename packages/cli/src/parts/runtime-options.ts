import type { Command } from "commander";
import { failure } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";

/** What runs the containers of a node, and what connects them. */
export interface RuntimeOptions {
  runtime?: "native" | "containerd" | "cri";
  containerdSocket?: string;
  criSocket?: string;
  clusterNetwork?: { cni: { confDir: string; binDirs?: string[] } };
}

interface Flags {
  containerdSocket?: string;
  criSocket?: string;
  cniConfDir?: string;
  cniBinDir?: string[];
}

/** Which runtime, and where it is. */
export function withRuntimeChoice(command: Command): Command {
  return command
    .option("--runtime <name>", "what runs containers: native, containerd or cri (default: native, DRYDOCK_RUNTIME)")
    .option("--containerd-socket <file>", "where containerd listens (default: /run/containerd/containerd.sock)")
    .option("--cri-socket <file>", "where CRI is served (default: containerd's socket)");
}

/** The runtime of a node, and its network. */
export function withRuntimeOptions(command: Command): Command {
  return withRuntimeChoice(command)
    .option(
      "--cni-conf-dir <dir>",
      "pods are connected by CNI as its first *.conflist says (default: a bridge of ours)",
    )
    .option("--cni-bin-dir <dir...>", "where CNI's plugins are (default: /opt/cni/bin and /usr/lib/cni)");
}

/** Throws CLI_USAGE for a socket or plugins that nobody would use. */
export function runtimeOptions(command: Command, { runtime }: Settings): RuntimeOptions {
  const { containerdSocket, criSocket, cniConfDir: confDir, cniBinDir: binDirs } = command.opts<Flags>();
  if (containerdSocket !== undefined && runtime !== "containerd") {
    throw failure("CLI_USAGE", "--containerd-socket is for --runtime containerd");
  }
  if (criSocket !== undefined && runtime !== "cri") throw failure("CLI_USAGE", "--cri-socket is for --runtime cri");
  if (binDirs !== undefined && confDir === undefined) {
    throw failure("CLI_USAGE", "--cni-bin-dir is for --cni-conf-dir");
  }
  if (confDir !== undefined && runtime === "cri") {
    throw failure("CLI_USAGE", "--cni-conf-dir is for native and containerd", {
      hint: "a CRI runtime makes the network of its pods itself, by its own configuration",
    });
  }
  return {
    ...(confDir === undefined ? {} : { clusterNetwork: { cni: { confDir, ...(binDirs ? { binDirs } : {}) } } }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(containerdSocket === undefined ? {} : { containerdSocket }),
    ...(criSocket === undefined ? {} : { criSocket }),
  };
}
