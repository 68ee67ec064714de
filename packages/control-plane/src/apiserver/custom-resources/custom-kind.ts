import {
  type CustomResourceDefinition,
  type CustomResourceVersion,
  defineKind,
  type FieldError,
  type FieldGetter,
  type JsonObject,
  type Kind,
  type KubeObject,
  parseSimplePath,
} from "@drydock/machinery";

import { duplicateItems } from "./check-lists.ts";
import { customColumns } from "./custom-columns.ts";
import { customSchema } from "./custom-schema.ts";

/**
 * A version of a definition as a kind like those that are built in: from here on nothing in the server asks where a kind came from. `errors` gets what
 * keeps it from being used.
 */
export function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceVersion,
  errors: FieldError[] = [],
): Kind {
  const { group, names: wanted, scope, versions } = definition.spec;
  const accepted = definition.status?.acceptedNames;
  const names = accepted?.plural ? accepted : wanted;
  const { status, scale } = version.subresources ?? {};
  const type = { group, version: version.name, kind: names.kind };
  const path = `spec.versions[${versions.indexOf(version)}].schema.openAPIV3Schema`;
  const schema = customSchema(type, version.schema?.openAPIV3Schema as JsonObject, path, errors);
  return defineKind<KubeObject>({
    ...type,
    plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === "Namespaced",
    custom: true,
    subresources: [...(status ? (["status"] as const) : []), ...(scale ? (["scale"] as const) : [])],
    schema: schema as Kind["schema"],
    columns: customColumns(version),
    selectableFields: selectableFields(version),
    ...(scale
      ? {
          scale: {
            specReplicas: scale.specReplicasPath,
            statusReplicas: scale.statusReplicasPath,
            selector: scale.labelSelectorPath ?? "",
          },
        }
      : {}),
    ...(version.deprecated
      ? { deprecation: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated` }
      : {}),
    validate: (object) => duplicateItems(schema, object),
  });
}

function selectableFields({ selectableFields = [] }: CustomResourceVersion): Record<string, FieldGetter<KubeObject>> {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const read = parseSimplePath(jsonPath) ?? (() => []);
      return [jsonPath.replace(/^\./, ""), (object) => String(read(object)[0] ?? "")];
    }),
  );
}
