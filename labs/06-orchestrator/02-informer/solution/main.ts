/**
 * node main.ts      shows what your informer of ConfigMaps in "default" does. Commands from standard input: `list`, `handler` (one more), `stop`.
 * A handler prints "NUMBER WHAT NAME VALUE CACHED": what it was told, and what the cache has at that moment. Nothing is to be changed in this file.
 */
import { createInterface } from "node:readline";
import { ConfigMap, createClient, loadKubeconfig } from "@drydock/machinery";
import { startInformer } from "./informer.ts";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const informer = startInformer(client, ConfigMap, "default");
const valueIn = (object: ConfigMap | undefined): string => object?.data?.value?.slice(0, 20) ?? "-";

let handlers = 0;
function addHandler(): void {
  handlers += 1;
  const number = handlers;
  const say = (what: string, object: ConfigMap): void => {
    const { name } = object.metadata;
    console.log(`${number} ${what} ${name} ${valueIn(object)} ${valueIn(informer.get(name))}`);
  };
  informer.addHandler({
    added: (object) => say("added", object),
    updated: (object) => say("updated", object),
    deleted: (object) => say("deleted", object),
  });
}

addHandler();
informer.synced().then(
  () => console.log("synced"),
  (error: Error) => console.log(`not synced: ${error.message}`),
);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "handler") addHandler();
  if (line === "stop") await informer.stop();
  if (line === "list") {
    const items = informer.list().map((object) => `${object.metadata.name}=${valueIn(object)}`);
    console.log(`list ${items.sort().join(" ")}`);
  }
  if (line !== "list") console.log(`did ${line}`);
}
process.exit(0);
