import { badRequest } from "../status/refusals.ts";

/** Where the next page starts, and the revision that all pages of one list are read at. */
export interface ContinueToken {
  revision: number;
  /** The last key of the page before, without the collection's prefix. */
  after: string;
}

export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: token.revision, start: token.after })).toString(
    "base64url",
  );
}

export function decodeContinue(text: string): ContinueToken {
  const bad = () => badRequest("continue key is not valid: it must be the value that a list returned");
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // Not ours, or damaged: the parser's own words would tell the client nothing.
    throw bad();
  }
  if (typeof data !== "object" || data === null) throw bad();
  const { v, rv, start } = data as Record<string, unknown>;
  if (v !== "meta.k8s.io/v1" || !Number.isSafeInteger(rv) || (rv as number) <= 0 || typeof start !== "string")
    throw bad();
  return { revision: rv as number, after: start };
}
