import { hasCode } from "@drydock/kit";
import {
  type BootstrapToken,
  bootstrapTokenNamespace,
  bootstrapTokenSecret,
  bootstrapTokenSecretName,
  bootstrapTokenType,
  type Client,
  formatBootstrapToken,
  humanDuration,
  newBootstrapToken,
  parseBootstrapToken,
  readBootstrapToken,
  Secret,
} from "@drydock/machinery";
import { failure } from "../errors.ts";
import type { Cell } from "../output/table.ts";

export interface TokenRequest {
  /** A token to be made known; a new one without it. */
  text: string | undefined;
  /** 0: for ever. */
  ttlSeconds: number;
  description: string;
  groups: readonly string[];
}

/** Makes a token known to the cluster and returns it. */
export async function createToken(client: Client, request: TokenRequest, nowMs: number): Promise<string> {
  const token = request.text === undefined ? newBootstrapToken() : tokenOf(request.text);
  const secret = bootstrapTokenSecret(token, {
    ...(request.ttlSeconds > 0 ? { expiresAt: nowMs + request.ttlSeconds * 1000 } : {}),
    description: request.description,
    groups: request.groups,
  });
  await client.create(Secret, secret);
  return formatBootstrapToken(token);
}

/** What may be shown of a token: its id, not its secret. */
export interface ListedToken {
  id: string;
  expires: string | null;
  groups: string[];
  description: string;
}

export async function listTokens(client: Client): Promise<ListedToken[]> {
  const { items } = await client.list(Secret, {
    namespace: bootstrapTokenNamespace,
    fieldSelector: `type=${bootstrapTokenType}`,
  });
  return items.flatMap((secret) => {
    const token = readBootstrapToken(secret);
    if (!token) return [];
    const { id, expiresAt, groups, description } = token;
    return [{ id, expires: expiresAt === undefined ? null : new Date(expiresAt).toISOString(), groups, description }];
  });
}

export const tokenHeader = ["ID", "Ends in", "Groups", "Description"];

export function tokenRow({ id, expires, groups, description }: ListedToken, nowMs: number): Cell[] {
  return [id, expires === null ? "never" : humanDuration(Date.parse(expires) - nowMs), groups.join(","), description];
}

/** `text`: a token or its id. */
export async function deleteToken(client: Client, text: string): Promise<string> {
  const id = /^[a-z0-9]{6}$/.test(text) ? text : tokenOf(text).id;
  try {
    await client.delete(Secret, { namespace: bootstrapTokenNamespace, name: bootstrapTokenSecretName(id) });
  } catch (error) {
    if (!hasCode(error, "API_NOT_FOUND")) throw error;
    throw failure("CLI_NOTHING_FOUND", `there is no token ${id}`, {
      hint: "drydock token list shows them",
      cause: error,
    });
  }
  return id;
}

function tokenOf(text: string): BootstrapToken {
  const token = parseBootstrapToken(text);
  if (token) return token;
  // Not the text itself: it may be a secret with one letter wrong.
  throw failure("CLI_USAGE", "that is no token", { hint: "write it like abcdef.0123456789abcdef, or leave it out" });
}
