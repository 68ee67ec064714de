import { readFileSync } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";

/** The port for the API server: the one asked for, when nobody has it, or (0) a free one. */
export async function choosePort(port: number): Promise<number> {
  try {
    return await probe(port);
  } catch (error) {
    if (errnoOf(error) === "EACCES") {
      throw failure("CLUSTER_PORT_TAKEN", `port ${port} may not be used: ${errnoOf(error)}`, { cause: error });
    }
    if (errnoOf(error) !== "EADDRINUSE") throw error;
    const owner = await listenerOf(port);
    throw failure("CLUSTER_PORT_TAKEN", `port ${port} is in use${owner ? ` by ${owner}` : ""}`, {
      hint: "end that process, or take another port with --port (0 takes any that is free)",
      cause: error,
    });
  }
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

/** Who listens on a TCP port, as "etcd (pid 123)": /proc/net/tcp has the socket's inode, and a descriptor of a process names it. */
async function listenerOf(port: number): Promise<string | undefined> {
  const inode = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => listeningInodes(file, port))[0];
  if (inode === undefined) return undefined;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    try {
      const descriptors = await readdir(`/proc/${pid}/fd`);
      const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
      if (targets.includes(`socket:[${inode}]`))
        return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (pid ${pid})`;
    } catch {
      // Ended meanwhile, or not ours to look into. The name is a courtesy; the error stands without it.
    }
  }
  return undefined;
}

/** proc_pid_net(5): local address in hex, state 0A is LISTEN, the tenth field is the inode. */
export function listeningInodes(file: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => local.endsWith(`:${hex}`) && state === "0A")
    .flatMap((fields) => fields[9] ?? []);
}
