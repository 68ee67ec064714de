import { closeSync, readlinkSync } from "node:fs";
import { openPtyOf, resizePty } from "@drydock/linux";
import type { ExecSession } from "../types.ts";
import { terminalStreams } from "./exec-streams.ts";

/** A pty of this process for the first process of a container that it starts in the foreground. */
export interface HostTerminal {
  /** The container's side: what to give as stdin, stdout and stderr of a StartRequest with process.terminal. */
  path: string;
  /** To be called once the container has its side open, or will not: until then the pty must have a user. */
  release(): void;
  streams: Pick<ExecSession, "stdin" | "stdout" | "resize">;
}

/** Throws LINUX_CALL_FAILED or LINUX_UNSUPPORTED where there is no devpts on /dev/pts. */
export function openHostTerminal(size?: { width: number; height: number }): HostTerminal {
  const { master, slave } = openPtyOf(process.pid);
  if (size) resizePty(master, size.width, size.height);
  return {
    path: readlinkSync(`/proc/self/fd/${slave}`),
    release: () => closeSync(slave),
    streams: terminalStreams(master),
  };
}
