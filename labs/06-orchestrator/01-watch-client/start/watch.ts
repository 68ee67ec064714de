/**
 * node watch.ts       prints the ConfigMaps of the namespace "default" and every change of them, until it is killed. The API server is at $API, plain HTTP.
 *
 * One JSON text a line: {"type": "ADDED", "name": "a", "value": "1"}, where value is data.value. MODIFIED and DELETED in the same way, DELETED without value.
 * What is there at the beginning is ADDED.
 */
import { env } from "node:process";

const path = "/api/v1/namespaces/default/configmaps";

interface ConfigMap {
  metadata: { name: string; resourceVersion: string };
  data?: Record<string, string>;
}

function tell(type: string, { metadata, data }: ConfigMap): void {
  const value = type === "DELETED" ? {} : { value: data?.value };
  console.log(JSON.stringify({ type, name: metadata.name, ...value }));
}

const list = (await (await fetch(`${env.API}${path}`)).json()) as { items: ConfigMap[] };
for (const item of list.items) tell("ADDED", item);

const response = await fetch(`${env.API}${path}?watch=1`);
for await (const piece of response.body as ReadableStream<Uint8Array>) {
  const { type, object } = JSON.parse(new TextDecoder().decode(piece)) as { type: string; object: ConfigMap };
  tell(type, object);
}
