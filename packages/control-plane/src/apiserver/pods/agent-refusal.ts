import type { IncomingMessage } from "node:http";
import { type DrydockError, messageOf } from "@drydock/kit";
import { failure } from "../../errors.ts";
import type { AgentAddress } from "./agent-connection.ts";

/** An answer of an agent that is not what was asked for, as an error for the client. Reads at most 64 KiB of it. */
export async function agentRefusal(response: IncomingMessage): Promise<DrydockError> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > 65_536) break;
  }
  const message = messageIn(text.trim()) || `the agent answered with ${response.statusCode}`;
  const code =
    response.statusCode === 404
      ? "REQUEST_NOT_FOUND"
      : (response.statusCode ?? 500) < 500
        ? "REQUEST_BAD"
        : "REQUEST_UNAVAILABLE";
  return failure(code, message);
}

/** Agents answer with text or with a Status. */
function messageIn(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    // Text that happens to begin with a brace.
    return text;
  }
}

/** The agent was not reached, or the connection broke. */
export function agentUnreachable({ host, port }: AgentAddress, cause: unknown): DrydockError {
  return failure("REQUEST_UNAVAILABLE", `error dialing node agent at ${host}:${port}: ${messageOf(cause)}`, { cause });
}
