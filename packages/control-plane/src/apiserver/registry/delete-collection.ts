import { hasCode } from "@drydock/kit";
import type { KubeObject } from "@drydock/machinery";
import { deleteObject } from "./delete.ts";
import type { DeletionOptions } from "./delete-options.ts";
import { listObjects, type Page } from "./list.ts";
import { readListOptions } from "./list-options.ts";
import type { Operation } from "./operation.ts";
import type { Selection } from "./selection.ts";

/** Deletions under way at once. */
const workers = 8;

/** Deletes what a list shows; what goes on its own meanwhile is no error. Returns the objects as they were left. */
export async function deleteCollection(
  operation: Operation,
  selection: Selection,
  query: URLSearchParams,
  options: DeletionOptions,
): Promise<Page> {
  const { registry, resource, namespace } = operation;
  const page = await listObjects(registry, resource, namespace, selection, readListOptions(query));
  const deleted: KubeObject[] = [];
  const waiting = page.items.values();
  const work = async (): Promise<void> => {
    for (const { metadata } of waiting) {
      const own = { ...operation, namespace: metadata.namespace ?? "" };
      try {
        deleted.push((await deleteObject(own, metadata.name, options)).object);
      } catch (error) {
        if (!hasCode(error, "REQUEST_NOT_FOUND")) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { ...page, items: deleted };
}
