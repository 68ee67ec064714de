import { hasCode } from "@drydock/kit";
import type { Kind, KubeObject } from "@drydock/machinery";
import { applyConfiguration } from "../fields/apply-configuration.ts";
import { checkItems } from "../fields/elements.ts";
import { ownersFor, setEntries, type Writer, writerOf } from "../fields/managed-fields.ts";
import { writeManagers } from "../fields/managers.ts";
import { badRequest, conflict } from "../status/refusals.ts";
import { createObject, rfc3339 } from "./create.ts";
import { decodeBody } from "./decode-object.ts";
import type { WriteOperation } from "./operation.ts";
import { type Part, updateObject } from "./update.ts";

/** What an applier sent: an object without defaults, which states only what it cares for. */
export interface ApplyRequest {
  configuration: KubeObject;
  name: string;
  part: Part;
  force: boolean;
  /** Throws when the sender, who may patch, may not create. */
  demandCreate(): void;
}

/** Server-side apply: makes the object, or merges what is stated into it. `created` tells which. */
export async function applyObject(
  operation: WriteOperation,
  request: ApplyRequest,
): Promise<{ object: KubeObject; created: boolean }> {
  const { configuration, name, part } = request;
  const { kind } = operation.resource;
  checkConfiguration(configuration, name);
  checkItems(kind.schema, configuration);
  const stated = partOf(kind, configuration, part);
  const subresource = part === "main" ? "" : part;
  const now = rfc3339(operation.registry.clock.now());
  const by = writerOf(kind, operation.parameters.fieldManager, "Apply", subresource, now);
  for (let again = false; ; again = true) {
    try {
      return { object: await mergeInto(operation, request, stated, by), created: false };
    } catch (error) {
      if (part !== "main" || !hasCode(error, "REQUEST_NOT_FOUND")) throw error;
    }
    request.demandCreate();
    const { uid } = configuration.metadata;
    if (uid)
      throw conflict(
        kind,
        name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    try {
      return { object: await make(operation, stated, by), created: true };
    } catch (error) {
      // Somebody else was first: then it is there to be merged into.
      if (again || !hasCode(error, "REQUEST_ALREADY_EXISTS")) throw error;
    }
  }
}

function mergeInto(
  operation: WriteOperation,
  { name, part, force }: ApplyRequest,
  stated: KubeObject,
  by: Writer,
): Promise<KubeObject> {
  const { kind } = operation.resource;
  return updateObject(
    operation,
    name,
    (current) => {
      const managers = ownersFor(kind, current);
      const live = withoutOwners(current);
      const applied = applyConfiguration({ schema: kind.schema, live, configuration: stated, managers, by, force });
      const next = decodeBody(kind, { value: structuredClone(applied.object), duplicates: [] }, "Ignore", []);
      setEntries(next, writeManagers(applied.managers));
      return next;
    },
    part,
    "applied",
  );
}

async function make(operation: WriteOperation, stated: KubeObject, by: Writer): Promise<KubeObject> {
  const { kind } = operation.resource;
  const live = { metadata: { name: stated.metadata.name } };
  const { managers } = applyConfiguration({
    schema: kind.schema,
    live,
    configuration: stated,
    managers: new Map(),
    by,
    force: true,
  });
  const object = decodeBody(kind, { value: structuredClone(stated), duplicates: [] }, "Ignore", []);
  return createObject(operation, object, writeManagers(managers));
}

function checkConfiguration({ metadata }: KubeObject, name: string): void {
  if (metadata.managedFields) throw badRequest("metadata.managedFields must be nil");
  metadata.name ??= name;
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** What an applier may state through this part of the object. */
function partOf(kind: Kind, configuration: KubeObject, part: Part): KubeObject {
  const { status, ...rest } = configuration as KubeObject & { status?: unknown };
  if (part === "main") return kind.hasStatus ? rest : configuration;
  const { apiVersion, kind: kindName, metadata } = configuration;
  return { apiVersion, kind: kindName, metadata, ...(status === undefined ? {} : { status }) } as KubeObject;
}

function withoutOwners(object: KubeObject): KubeObject {
  const { managedFields: _owners, ...metadata } = object.metadata;
  return { ...object, metadata };
}
