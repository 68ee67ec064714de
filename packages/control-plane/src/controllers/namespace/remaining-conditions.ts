import { type KubeObject, type Namespace, withCondition } from "@drydock/machinery";
import type { ServedType } from "../resource-types.ts";

/** What is left of one kind in a namespace. */
export interface Content {
  type: ServedType;
  objects: readonly KubeObject[];
}

type NamespaceCondition = NonNullable<NonNullable<Namespace["status"]>["conditions"]>[number];

/**
 * Says in the namespace what its deletion still waits for, in Kubernetes' words (pkg/controller/namespace/deletion/status_condition_utils.go).
 * Undefined when the conditions say so already.
 */
export function remainingConditions(
  before: readonly NamespaceCondition[],
  left: readonly Content[],
  now: number,
): NamespaceCondition[] | undefined {
  const content = left.map(({ type, objects }) => `${resourceName(type)} has ${objects.length} resource instances`);
  const finalizers = new Map<string, number>();
  for (const { objects } of left) {
    for (const { metadata } of objects) {
      for (const finalizer of metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  let conditions = withCondition<NamespaceCondition>(
    before,
    {
      type: "NamespaceContentRemaining",
      status: "True",
      reason: "SomeResourcesRemain",
      message: `Some resources are remaining: ${content.sort().join(", ")}`,
    },
    now,
  );
  if (finalizers.size > 0) {
    const counts = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
    conditions = withCondition<NamespaceCondition>(
      conditions,
      {
        type: "NamespaceFinalizersRemaining",
        status: "True",
        reason: "SomeFinalizersRemain",
        message: `Some content in the namespace has finalizers remaining: ${counts.sort().join(", ")}`,
      },
      now,
    );
  }
  return conditions === before ? undefined : [...conditions];
}

function resourceName({ group, plural }: ServedType): string {
  return `${plural}.${group}`;
}
