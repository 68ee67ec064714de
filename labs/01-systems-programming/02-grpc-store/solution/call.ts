/**
 * node call.ts METHOD [JSON] [DEADLINE_MS]    one call to the store on $SOCKET, its answer as JSON, or its status. Given, for trying things out:
 *
 *   SOCKET=/tmp/s node call.ts apply '{"item": {"name": "a", "fields": {"x": "1"}}}'
 */
import { join } from "node:path";
import { credentials, loadPackageDefinition, type ServiceClientConstructor, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definition = loadSync(join(import.meta.dirname, "store.proto"), { longs: Number, defaults: true });
const { drydock } = loadPackageDefinition(definition) as unknown as {
  drydock: { lab: { store: { v1: { Store: ServiceClientConstructor } } } };
};
const [method = "list", request = "{}", ms = "10000"] = process.argv.slice(2);
const store = new drydock.lab.store.v1.Store(`unix:${process.env.SOCKET}`, credentials.createInsecure());
const options = { deadline: Date.now() + Number(ms) };
store[method]?.(JSON.parse(request), options, (error: { code: number; details: string } | null, answer: unknown) => {
  if (error) console.error(`${status[error.code]}: ${error.details}`);
  else console.log(JSON.stringify(answer));
  store.close();
  process.exitCode = error ? 1 : 0;
});
