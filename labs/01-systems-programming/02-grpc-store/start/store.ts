/** node store.ts       serves store.proto on the Unix socket $SOCKET, prints "listening" */
import { join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { admit } from "./admit.ts";
import type { ApplyRequest, ApplyResponse, Item, ListRequest, ListResponse, NameRequest } from "./types.ts";

const items = new Map<string, Item>();

async function apply(
  { request }: ServerUnaryCall<ApplyRequest, ApplyResponse>,
  callback: sendUnaryData<ApplyResponse>,
): Promise<void> {
  const item = request.item as Item;
  await admit(item);
  items.set(item.name, item);
  callback(null, { item, created: true });
}

function get({ request }: ServerUnaryCall<NameRequest, Item>, callback: sendUnaryData<Item>): void {
  callback(null, items.get(request.name));
}

function list(_call: ServerUnaryCall<ListRequest, ListResponse>, callback: sendUnaryData<ListResponse>): void {
  callback(null, { items: [...items.values()], nextPageToken: "" });
}

const definition = loadSync(join(import.meta.dirname, "store.proto"), { longs: Number, defaults: true });
const { drydock } = loadPackageDefinition(definition) as unknown as {
  drydock: { lab: { store: { v1: { Store: ServiceClientConstructor } } } };
};
const server = new Server();
server.addService(drydock.lab.store.v1.Store.service, { apply, get, list });
server.bindAsync(`unix:${process.env.SOCKET}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log("listening");
});
