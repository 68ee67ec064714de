import { queryOf } from "../api/raw.ts";
import { pathOf } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { pods } from "../api/types.ts";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { podsFor } from "../logs/targets.ts";
import { subprotocol } from "./channels.ts";
import { relay } from "./relay.ts";

export interface ExecFlags {
  container?: string;
  stdin?: boolean;
  tty?: boolean;
}

/** Runs a command in a container with our streams, and ends with its exit code. */
export async function execInPod(
  session: Session,
  target: string,
  words: readonly string[],
  flags: ExecFlags,
): Promise<void> {
  const { stdin = false, tty = false } = flags;
  if (tty && stdin && !process.stdin.isTTY) {
    throw failure("CLI_NO_TERMINAL", "-t needs a terminal, and standard input is none", { hint: "leave -t out" });
  }
  const [pod] = await podsFor(session, target);
  if (!pod) throw failure("CLI_NOTHING_FOUND", `no pod ${target}`);
  const { name } = pod.metadata;
  const container = flags.container ?? pod.spec.containers[0]?.name;
  const query = queryOf({ command: words, container, stdin, stdout: true, stderr: !tty, tty });
  const socket = await session.client.connect(pathOf(pods, session.namespace, name, "exec") + query, [subprotocol]);
  const end = await relay(socket, { stdin, tty });
  if (end.type === "failed") throw failure("CLI_REMOTE_COMMAND", `in ${name}: ${end.text}`);
  if (end.code !== 0) throw new ExitStatus(end.code);
}
