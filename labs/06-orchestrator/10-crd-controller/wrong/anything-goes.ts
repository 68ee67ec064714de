// fails at schema: was accepted
/**
 * node pages.ts      teaches the cluster of $KUBECONFIG a kind, and makes it true, until it is killed.
 *
 * The kind: Page (pages, short pg) of lab.drydock.dev/v1, namespaced. spec.text is required, a string of at most 100 letters; spec.copies is 1 to 5, 1 when left out.
 * status.ready is the number of copies that are there. `get pages` shows it in a column "Ready".
 *
 * A copy is the ConfigMap NAME-0, NAME-1 … in the Page's namespace, with the text in data.text, owned by the Page.
 */
import {
  ConfigMap,
  CustomResourceDefinition,
  controllerOf,
  createClient,
  createOrUpdate,
  getIfExists,
  informerSource,
  isControlledBy,
  type KubeObject,
  loadKubeconfig,
  type ResourceType,
  setControllerReference,
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

const schema = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["text"],
      properties: {
        text: { type: "string", maxLength: 100 },
        copies: { type: "integer", default: 1 },
      },
    },
    status: { type: "object", properties: { ready: { type: "integer" } } },
  },
};

/** The definition. Applied at each start: that changes nothing when it is there already. */
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "pages.lab.drydock.dev" },
  spec: {
    group: Page.group,
    scope: "Namespaced",
    names: { kind: Page.kind, plural: Page.plural, singular: "page", shortNames: ["pg"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: "Ready", type: "integer", jsonPath: ".status.ready" }],
      },
    ],
  },
};
await client.patch(CustomResourceDefinition, definition.metadata, "apply", definition, { force: true });

const pages = startInformer(client, Page);
const copies = startInformer(client, ConfigMap);

async function reconcile(key: string): Promise<void> {
  const page = await getIfExists(client, Page, splitKey(key));
  // The garbage collector takes the copies of a Page that goes.
  if (page === undefined || page.metadata.deletionTimestamp !== undefined) return;
  const { name, namespace } = page.metadata;
  const { text, copies: wanted } = page.spec;
  for (let n = 0; n < wanted; n++) {
    const metadata = { name: `${name}-${n}`, ...(namespace ? { namespace } : {}) };
    await createOrUpdate(client, ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata }, (copy) => {
      setControllerReference(copy, page, Page);
      copy.data = { text };
    });
  }
  const { items } = await client.list(ConfigMap, { namespace });
  const own = items.filter((copy) => isControlledBy(copy, page));
  const surplus = own.filter((copy) => Number(copy.metadata.name.slice(name.length + 1)) >= wanted);
  for (const copy of surplus) await client.delete(ConfigMap, copy.metadata);
  const ready = own.length - surplus.length;
  if (page.status?.ready !== ready) await client.updateStatus(Page, { ...page, status: { ready } });
}

startController({
  name: "pages",
  reconciler: { reconcile },
  sources: [
    informerSource(pages),
    informerSource(copies, (copy) => {
      const owner = controllerOf(copy);
      return owner?.kind === Page.kind ? [`${copy.metadata.namespace}/${owner.name}`] : [];
    }),
  ],
});
