/** The types of cri/api/ and the messages of protos/cri are written twice; this holds them together. */
import t from "tap";
import { loadProtos } from "../../rpc/load-protos.ts";
import { camel, type Field, interfacesIn } from "../../testing/api-types.ts";
import { criServiceNames } from "./services.ts";

const files = interfacesIn(import.meta.dirname);
const types = new Map([...files.values()].flatMap((found) => [...found]));

t.test("every message has a type with the same fields", async (t) => {
  const protos = await loadProtos("cri");
  let messages = 0;
  for (const name of protos.names) {
    const message = protos.message(name);
    if (!message || !name.startsWith("runtime.v1.")) continue;
    messages++;
    const fields = (message.type as { field: Field[] }).field.map((field) => camel(field.name)).sort();
    t.same(types.get(name.slice("runtime.v1.".length)) ?? [], fields, name);
  }
  t.ok(messages > 130, `${messages} messages`);
});

t.test("every call has a type", async (t) => {
  const protos = await loadProtos("cri");
  for (const name of Object.values(criServiceNames)) {
    const calls = Object.keys(protos.service(name)).map((call) => `${call.charAt(0).toLowerCase()}${call.slice(1)}`);
    t.same(types.get(name.slice("runtime.v1.".length)), calls.sort(), name);
  }
});
