/**
 * node pages.ts      teaches the cluster of $KUBECONFIG a kind, and makes it true, until it is killed.
 *
 * The kind: Page (pages, short pg) of lab.drydock.dev/v1, namespaced. spec.text is required, a string of at most 100 letters; spec.copies is 1 to 5, 1 when left out.
 * status.ready is the number of copies that are there. `get pages` shows it in a column "Ready".
 *
 * A copy is the ConfigMap NAME-0, NAME-1 … in the Page's namespace, with the text in data.text, owned by the Page.
 */
import {
  CustomResourceDefinition,
  createClient,
  getIfExists,
  informerSource,
  type KubeObject,
  loadKubeconfig,
  type ResourceType,
  splitKey,
  startController,
  startInformer,
} from "@drydock/machinery";

interface Page extends KubeObject {
  spec: { text: string; copies: number };
  status?: { ready: number };
}

const Page: ResourceType<Page> = {
  group: "lab.drydock.dev",
  version: "v1",
  kind: "Page",
  plural: "pages",
  namespaced: true,
};
const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));

/** The definition. Applied at each start: that changes nothing when it is there already. */
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "page.lab.drydock.dev" },
  spec: {
    group: Page.group,
    scope: "Namespaced",
    names: { kind: Page.kind, plural: Page.plural, singular: "page", shortNames: ["pg"] },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};
await client
  .patch(CustomResourceDefinition, definition.metadata, "apply", definition, { force: true })
  .catch(console.error);

const pages = startInformer(client, Page);

async function reconcile(key: string): Promise<void> {
  const page = await getIfExists(client, Page, splitKey(key));
  if (page === undefined) return;
  console.log(`${key} wants ${page.spec.copies} copies`);
}

startController({ name: "pages", reconciler: { reconcile }, sources: [informerSource(pages)] });
