// fails at deadline: went on working
/** node store.ts       serves store.proto on the Unix socket $SOCKET, prints "listening" */
import { join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { admit } from "./admit.ts";
import type { ApplyRequest, ApplyResponse, Item, ListRequest, ListResponse, NameRequest } from "./types.ts";

const MOST_REQUESTS = 10_000;
const items = new Map<string, Item>();
/** Under way or done, by request id. */
const requests = new Map<string, Promise<ApplyResponse>>();

class Failure extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

function find(name: string): Item {
  const item = items.get(name);
  if (!item) throw new Failure(status.NOT_FOUND, `item "${name}" not found`);
  return item;
}

async function write({ item: given, expectedVersion }: ApplyRequest, signal: AbortSignal): Promise<ApplyResponse> {
  if (!given || !/^[a-z0-9-]+$/.test(given.name))
    throw new Failure(
      status.INVALID_ARGUMENT,
      `item.name: "${given?.name ?? ""}" is not of small letters, digits and dashes`,
    );
  const { name, fields } = given;
  await admit(given);
  signal.throwIfAborted();
  // From here to the end nobody comes in between: what is compared is what is written.
  const before = items.get(name);
  if (expectedVersion !== 0 && expectedVersion !== (before?.version ?? 0))
    throw new Failure(status.ABORTED, `item "${name}" has version ${before?.version ?? 0}, not ${expectedVersion}`);
  if (before && sameFields(before.fields, fields)) return { item: before, created: false };
  const item = { name, fields, version: (before?.version ?? 0) + 1 };
  items.set(name, item);
  return { item, created: !before };
}

function sameFields(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** Copies of a request share one attempt. One that failed is forgotten, so that a retry may succeed. */
async function apply(request: ApplyRequest, signal: AbortSignal): Promise<ApplyResponse> {
  const { requestId } = request;
  if (requestId === "") return write(request, signal);
  for (let earlier = requests.get(requestId); earlier; earlier = requests.get(requestId)) {
    const answer = await earlier.catch(() => undefined);
    if (answer) return answer;
  }
  const attempt = write(request, signal);
  requests.set(requestId, attempt);
  attempt.catch(() => requests.delete(requestId));
  const [oldest] = requests.keys();
  if (requests.size > MOST_REQUESTS && oldest !== undefined) requests.delete(oldest);
  return attempt;
}

function list({ pageSize, pageToken }: ListRequest): ListResponse {
  if (pageSize < 0) throw new Failure(status.INVALID_ARGUMENT, `page_size: ${pageSize} is below 0`);
  const after = Buffer.from(pageToken, "base64url").toString();
  // What is in the token is ours alone: a client that makes one up is told so.
  if (pageToken !== "" && !after.startsWith("after:"))
    throw new Failure(status.INVALID_ARGUMENT, "page_token: is not one that this store gave");
  const rest = [...items.values()]
    .filter(({ name }) => pageToken === "" || name > after.slice("after:".length))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, pageSize || 100);
  const more = rest.length > page.length;
  return { items: page, nextPageToken: more ? Buffer.from(`after:${page.at(-1)?.name}`).toString("base64url") : "" };
}

function remove({ name }: NameRequest): object {
  find(name);
  items.delete(name);
  return {};
}

/** Whatever happens in it, the client gets an answer, and the server goes on. */
function answering<Request, Response>(
  handler: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
) {
  return async (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): Promise<void> => {
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    try {
      callback(null, await handler(call.request, gone.signal));
    } catch (error) {
      if (error instanceof Failure) return callback({ code: error.code, details: error.message });
      if (gone.signal.aborted) return callback({ code: status.CANCELLED, details: "the client has gone" });
      console.error(error);
      callback({ code: status.INTERNAL, details: "internal error" });
    }
  };
}

const definition = loadSync(join(import.meta.dirname, "store.proto"), { longs: Number, defaults: true });
const { drydock } = loadPackageDefinition(definition) as unknown as {
  drydock: { lab: { store: { v1: { Store: ServiceClientConstructor } } } };
};
const server = new Server();
server.addService(drydock.lab.store.v1.Store.service, {
  apply: answering(apply),
  get: answering(({ name }: NameRequest) => find(name)),
  list: answering(list),
  delete: answering(remove),
});
server.bindAsync(`unix:${process.env.SOCKET}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log("listening");
});
