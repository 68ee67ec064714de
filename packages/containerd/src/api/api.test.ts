/** The types of api/ and the messages of protos/containerd are written twice; this holds them together. */
import t from "tap";
import { loadProtos } from "../rpc/load-protos.ts";
import { camel, type Field, interfacesIn } from "../testing/api-types.ts";
import { serviceNames } from "./services.ts";

t.test("every message has a type with the same fields", async (t) => {
  const types = interfacesIn(import.meta.dirname);
  const protos = await loadProtos("containerd");
  const home: Record<string, string> = {
    "containerd.types": "common",
    "containerd.v1.types": "tasks",
    "containerd.runc.v1": "tasks",
    "containerd.events": "events",
  };
  for (const name of protos.names.filter((name) => name.startsWith("containerd."))) {
    const message = protos.message(name);
    if (!message) continue;
    const short = name.split(".").at(-1) as string;
    const scope = name.slice(0, -short.length - 1);
    const file = home[scope] ?? (scope.split(".")[2] as string);
    const fields = (message.type as { field: Field[] }).field.map((field) => camel(field.name)).sort();
    t.same(types.get(file)?.get(short), fields, `${name} is api/${file}.ts ${short}`);
  }
});

t.test("every call of a service has a type", async (t) => {
  const types = interfacesIn(import.meta.dirname);
  const protos = await loadProtos("containerd");
  for (const [key, name] of Object.entries(serviceNames)) {
    const calls = Object.keys(protos.service(name)).map((call) => `${call.charAt(0).toLowerCase()}${call.slice(1)}`);
    t.same(types.get(key)?.get(name.split(".").at(-1) as string), calls.sort(), name);
  }
});
