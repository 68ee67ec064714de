import { chmodSync, closeSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { chooseExecutor, duplicateDescriptors, signalNumbers } from "@drydock/linux";
import { type Runtime, readBundle } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { errorText } from "../output/error-text.ts";
import { remark } from "../output/print.ts";
import { handOver, handOverClient, handOverFailed } from "./hand-over-client.ts";
import { openRuntime } from "./open-runtime.ts";

const defaultSocket = "/run/drydock/runtime.sock";

export function serveCommand(): Command {
  return new Command("serve")
    .description("start containers for bin/drydock-runtime run, which then needs no start-up of its own")
    .option("--socket <path>", "Unix socket to listen on; the client is written beside it", defaultSocket)
    .addHelpText(
      "after",
      `
Takes run --bundle DIR ID of this user, for containers without a terminal. A container ends with the command that asked for it.

Example:
  drydock runtime serve &
  DRYDOCK_RUNTIME_SOCKET=${defaultSocket} bin/drydock-runtime run --bundle box c1
`,
    )
    .action(async ({ socket }: { socket: string }, command: Command) => {
      const path = resolve(socket);
      const client = `${path}.client`;
      const runtime = openRuntime(command, { executor: chooseExecutor(), forCommand: false });
      const connections = new Map<Socket, Promise<void>>();
      const server = createServer((connection) => {
        connections.set(
          connection,
          answer(runtime, connection).finally(() => connections.delete(connection)),
        );
      });
      await new Promise<void>((listening, refused) => {
        server.once("error", refused).listen(path, listening);
      }).catch((error: NodeJS.ErrnoException) => {
        throw failure("CLI_USAGE", `cannot listen on ${path}: ${error.message}`, {
          hint: "if no other drydock runtime serve is running, remove that file",
        });
      });
      // Who may connect may start any container.
      chmodSync(path, 0o600);
      try {
        writeFileSync(client, handOverClient(path), { mode: 0o700 });
        remark(`listening on ${path}`);
        await new Promise<void>((ended) => {
          for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended());
        });
      } finally {
        server.close();
        rmSync(client, { force: true });
        // Their containers end with them.
        for (const connection of connections.keys()) connection.destroy();
        await Promise.all(connections.values());
      }
    });
}

interface Request {
  pid: number;
  directory: string;
  args: string[];
}

async function answer(runtime: Runtime, connection: Socket): Promise<void> {
  const gone = new AbortController();
  connection.on("close", () => gone.abort());
  // A client that was killed: the end of the connection says so, too.
  connection.on("error", () => gone.abort());
  const request = await readRequest(connection);
  if (!request) return;
  // A client that is gone, or whose streams are, gets no answer.
  const code = await runFor(runtime, request, gone.signal).catch(() => handOverFailed);
  const reply = Buffer.alloc(8);
  reply.writeBigUInt64LE(BigInt(code));
  connection.end(reply);
}

/** Exit code for the client. What went wrong is told on the client's standard error. */
async function runFor(runtime: Runtime, request: Request, gone: AbortSignal): Promise<number> {
  const streams = duplicateDescriptors(request.pid, [0, 1, 2]) as [number, number, number];
  try {
    const id = await start(runtime, request, streams);
    const end = (): void => void runtime.kill(id, signalNumbers.SIGKILL).catch(() => {}); // it has ended already
    gone.addEventListener("abort", end, { once: true });
    if (gone.aborted) end();
    const { code } = await runtime.wait(id);
    await runtime.delete(id, { force: true });
    return code;
  } catch (error) {
    writeSync(streams[2], errorText(error));
    return handOverFailed;
  } finally {
    for (const fd of streams) closeSync(fd);
  }
}

async function start(
  runtime: Runtime,
  { args, directory }: Request,
  descriptors: [number, number, number],
): Promise<string> {
  const { id, bundle } = parseRun(args, directory);
  const config = readBundle(bundle);
  if (config.process.terminal) {
    throw failure("CLI_USAGE", "a container with a terminal is not started through a socket", {
      hint: "unset DRYDOCK_RUNTIME_SOCKET, or set process.terminal to false",
    });
  }
  await runtime.run({ id, config, bundle, stdio: { descriptors } });
  return id;
}

function parseRun(args: string[], directory: string): { id: string; bundle: string } {
  const options = { bundle: { type: "string", short: "b", default: "." } } as const;
  let parsed: ReturnType<typeof parseArgs<{ args: string[]; options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw failure("CLI_USAGE", (error as Error).message, { hint: "through a socket: run --bundle DIR ID" });
  }
  const [verb, id, ...more] = parsed.positionals;
  if (verb !== "run" || id === undefined || more.length > 0) {
    throw failure("CLI_USAGE", "not a container to run", { hint: "through a socket: run --bundle DIR ID" });
  }
  return { id, bundle: resolve(directory, parsed.values.bundle) };
}

/** Undefined when the client is gone before it has said all. */
function readRequest(connection: Socket): Promise<Request | undefined> {
  return new Promise((read) => {
    let bytes = Buffer.alloc(0);
    connection.once("close", () => read(undefined));
    connection.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < handOver.arguments) return;
      const length = Number(bytes.readBigUInt64LE(8));
      if (bytes.length < handOver.arguments + length) return;
      const directory = bytes.subarray(handOver.directory, bytes.indexOf(0, handOver.directory)).toString();
      const [, ...args] = bytes.toString("utf8", handOver.arguments, handOver.arguments + length - 1).split("\0");
      read({ pid: Number(bytes.readBigUInt64LE(0)), directory, args });
    });
  });
}
