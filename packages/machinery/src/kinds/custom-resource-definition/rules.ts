import { isConditionTrue } from "../../controller/conditions.ts";
import type { FieldError } from "../../kind.ts";
import { duplicate, invalid, notSupported, required } from "../../schema/field-errors.ts";
import { dnsLabel, dnsSubdomain, type NameRule } from "../../schema/names.ts";
import { parseSimplePath } from "../../schema/simple-json-path.ts";
import type { CustomResourceDefinition, CustomResourceVersion } from "./custom-resource-definition.ts";
import { structuralErrors } from "./structural.ts";

/** Names that are left out follow from the kind. Mutates. */
export function setDefinitionDefaults({ spec }: CustomResourceDefinition): void {
  const { names } = spec;
  names.singular ||= names.kind.toLowerCase();
  names.listKind ||= `${names.kind}List`;
  spec.conversion ??= { strategy: "None" };
}

/** The rules of apiextensions-apiserver/pkg/apis/apiextensions/validation. Pure. */
export function validateDefinition(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = definition;
  const { group, names, versions } = spec;
  const errors: FieldError[] = [...problems(dnsSubdomain, "spec.group", group), ...nameErrors(names)];
  if (metadata.name !== `${names.plural}.${group}`) {
    errors.push(invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (!group.includes(".")) errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  if (/(^|\.)(k8s|kubernetes)\.io$/.test(group) && !metadata.annotations?.[approval]) {
    const why = "protected groups must have approval annotation";
    errors.push(required(`metadata.annotations[${approval}]`, why));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const given = versions.map(({ name }) => name);
    errors.push(invalid("spec.versions", given, "must have exactly one version marked as storage version"));
  }
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    const path = `spec.versions[${i}]`;
    if (seen.has(version.name)) errors.push(duplicate(`${path}.name`, version.name));
    seen.add(version.name);
    errors.push(...versionErrors(version, path));
  }
  for (const [i, stored] of (definition.status?.storedVersions ?? []).entries()) {
    if (seen.has(stored)) continue;
    const why = `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in it`;
    errors.push(invalid(`status.storedVersions[${i}]`, stored, why));
  }
  return old === undefined ? errors : [...errors, ...changeErrors(definition, old)];
}

const approval = "api-approved.kubernetes.io";

function problems(rule: NameRule, path: string, name: string): FieldError[] {
  return rule(name).map((text) => invalid(path, name, text));
}

function nameErrors(names: CustomResourceDefinition["spec"]["names"]): FieldError[] {
  const { plural, singular = "", shortNames = [], kind, listKind = "", categories = [] } = names;
  const path = "spec.names";
  const errors = [
    ...problems(dnsLabel, `${path}.plural`, plural),
    ...problems(dnsLabel, `${path}.singular`, singular),
    ...problems(kindName, `${path}.kind`, kind),
    ...problems(kindName, `${path}.listKind`, listKind),
    ...shortNames.flatMap((name, i) => problems(dnsLabel, `${path}.shortNames[${i}]`, name)),
    ...categories.flatMap((name, i) => problems(dnsLabel, `${path}.categories[${i}]`, name)),
  ];
  if (kind !== "" && kind === listKind)
    errors.push(invalid(`${path}.listKind`, listKind, "kind and listKind may not be the same"));
  return errors;
}

const kindName: NameRule = (name) => dnsLabel(name.toLowerCase());

const columnFormats = ["int32", "int64", "float", "double", "byte", "date", "date-time", "password"];

function versionErrors(version: CustomResourceVersion, path: string): FieldError[] {
  const { name, schema, additionalPrinterColumns = [], subresources, selectableFields = [] } = version;
  const errors = problems(dnsLabel, `${path}.name`, name);
  if (!/^[a-z]/.test(name)) errors.push(invalid(`${path}.name`, name, "must start with a letter"));
  if (version.deprecationWarning !== undefined && !version.deprecated) {
    errors.push(
      invalid(`${path}.deprecationWarning`, version.deprecationWarning, "can only be set for deprecated versions"),
    );
  }
  if (schema?.openAPIV3Schema === undefined) {
    errors.push(required(`${path}.schema.openAPIV3Schema`, "schemas are required"));
  } else {
    errors.push(...structuralErrors(schema.openAPIV3Schema, `${path}.schema.openAPIV3Schema`));
  }
  for (const [i, { jsonPath, format }] of additionalPrinterColumns.entries()) {
    const column = `${path}.additionalPrinterColumns[${i}]`;
    errors.push(...pathErrors(`${column}.jsonPath`, jsonPath));
    if (format && !columnFormats.includes(format)) errors.push(notSupported(`${column}.format`, format, columnFormats));
  }
  for (const [i, { jsonPath }] of selectableFields.entries()) {
    const field = `${path}.selectableFields[${i}].jsonPath`;
    errors.push(...pathErrors(field, jsonPath));
    if (/[[\]*]/.test(jsonPath)) errors.push(invalid(field, jsonPath, "must be a simple json path without lists"));
  }
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = subresources?.scale ?? {};
  const scale = `${path}.subresources.scale`;
  errors.push(
    ...replicaErrors(`${scale}.specReplicasPath`, specReplicasPath, [".spec."]),
    ...replicaErrors(`${scale}.statusReplicasPath`, statusReplicasPath, [".status."]),
    ...replicaErrors(`${scale}.labelSelectorPath`, labelSelectorPath, [".spec.", ".status."]),
  );
  return errors;
}

function pathErrors(field: string, path: string): FieldError[] {
  if (path === "") return [required(field)];
  return parseSimplePath(path) ? [] : [invalid(field, path, "must be a simple json path, such as .spec.replicas")];
}

function replicaErrors(field: string, path: string | undefined, below: readonly string[]): FieldError[] {
  if (path === undefined) return [];
  const fits = below.some((start) => path.startsWith(start)) && /^(\.[A-Za-z_][\w-]*)+$/.test(path);
  return fits ? [] : [invalid(field, path, `should be a json path under ${below.join(" or ")}`)];
}

/** What may no longer change once clients may use the kind. */
function changeErrors(definition: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const immutable = "field is immutable";
  const errors: FieldError[] = [];
  const { spec } = definition;
  if (spec.group !== old.spec.group) errors.push(invalid("spec.group", spec.group, immutable));
  if (spec.names.plural !== old.spec.names.plural)
    errors.push(invalid("spec.names.plural", spec.names.plural, immutable));
  if (!isConditionTrue(old.status?.conditions, "Established")) return errors;
  if (spec.scope !== old.spec.scope) errors.push(invalid("spec.scope", spec.scope, immutable));
  if (spec.names.kind !== old.spec.names.kind) errors.push(invalid("spec.names.kind", spec.names.kind, immutable));
  return errors;
}
