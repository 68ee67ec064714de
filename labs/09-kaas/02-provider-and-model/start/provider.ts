/**
 * node provider.ts create NAME NODES TOKEN     {"id": "…", "name": "…", "nodes": N, "state": "active"}, when it is active; the same TOKEN is the same cluster
 * node provider.ts list                        [{"id": …}, …], all of them
 * node provider.ts delete ID                   {"deleted": "ID"}, also when it is gone already
 *
 * Exit code 1 with {"code": "…", "retryable": true or false, "message": "…"} on standard output when it cannot be. The codes are ours, whatever a cloud calls it:
 *   invalid (400, 422) · forbidden (401, 403) · not-found (404) · conflict (409) · quota (409 with "reason": "quota")       retryable: false, one request
 *   throttled (429) · unavailable (5xx, no answer within $ANSWER_MS, no connection)                                        retryable: true, after $TRIES tries (6)
 *   failed: the cluster came to the state "failed"                                                                         retryable: false
 *
 * The cloud at $CLOUD:
 *   POST   /v1/clusters               {"name", "nodes", "clientToken"} -> 201 {"id", "name", "nodes", "state": "creating"}; a token that it knows: 200 and the same cluster
 *   GET    /v1/clusters?page=TOKEN    {"items": […], "next": "TOKEN"}; no "next" on the last page
 *   GET    /v1/clusters/ID            the cluster; "state" becomes "active" or "failed". For a moment after it was made: 404
 *   DELETE /v1/clusters/ID            204; 404 when there is none
 *   Errors: {"reason": "…", "message": "…"}; 429 with Retry-After, seconds
 */
const cloud = process.env.CLOUD ?? "http://127.0.0.1:1";

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${cloud}/v1${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  return (await answer.json()) as Record<string, unknown>;
}

// It works on a good day.
const [verb, first = "", nodes = "", clientToken = ""] = process.argv.slice(2);
let answer: unknown;
if (verb === "create") answer = await ask("POST", "/clusters", { name: first, nodes: Number(nodes), clientToken });
else if (verb === "list") answer = (await ask("GET", "/clusters")).items;
else answer = await ask("DELETE", `/clusters/${first}`);
console.log(JSON.stringify(answer));
