import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { cellText } from "../output/table.ts";
import { shorten } from "../output/wrap.ts";
import { socketOwner } from "./host/socket-owner.ts";

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
      hint: "end that process, or go on with any port that is free: drydock up --port 0",
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

/** Columns that the command line of whoever has the port may take in a message. */
const commandWidth = 100;

/** Who listens on a TCP port, as "etcd --name x (pid 123)". By its command line: its name is that of a thread, which for every Node program is the same. */
async function listenerOf(port: number): Promise<string | undefined> {
  const inode = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => listeningInodes(file, port))[0];
  const owner = inode === undefined ? undefined : await socketOwner(inode);
  return owner && `${shorten(cellText(owner.command), commandWidth)} (pid ${owner.pid})`;
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
