import type { FieldError } from "../../kind.ts";
import { duplicate, forbidden, invalid, required } from "../../schema/field-errors.ts";
import { dnsLabel } from "../../schema/names.ts";
import type { DownwardFile, KeyToPath } from "./sources.ts";
import type { Volume } from "./spec.ts";
import { validateName } from "./validate-container.ts";
import { validateFieldPath, validateResourceField } from "./validate-env.ts";

const sourceNames = ["emptyDir", "hostPath", "configMap", "secret", "downwardAPI", "projected"] as const;

/** Unique names, one source each, and paths that stay inside of the volume. */
export function validateVolumes(volumes: readonly Volume[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, volume] of volumes.entries()) {
    const here = `${path}[${i}]`;
    errors.push(...validateName(volume.name, `${here}.name`, dnsLabel));
    if (names.has(volume.name)) errors.push(duplicate(`${here}.name`, volume.name));
    names.add(volume.name);
    for (const second of sourceNames.filter((name) => volume[name] !== undefined).slice(1)) {
      errors.push(forbidden(`${here}.${second}`, "may not specify more than 1 volume type"));
    }
    errors.push(...validateSource(volume, here));
  }
  return errors;
}

function validateSource({ hostPath, configMap, secret, downwardAPI, projected }: Volume, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (hostPath?.path === "") errors.push(required(`${path}.hostPath.path`));
  if (hostPath && climbs(hostPath.path)) {
    errors.push(invalid(`${path}.hostPath.path`, hostPath.path, "must not contain '..'"));
  }
  if (configMap) errors.push(...validateKeyed(configMap.name, "name", configMap.items, `${path}.configMap`));
  if (secret) errors.push(...validateKeyed(secret.secretName, "secretName", secret.items, `${path}.secret`));
  if (downwardAPI) errors.push(...validateFiles(downwardAPI.items ?? [], `${path}.downwardAPI.items`));
  for (const [i, source] of (projected?.sources ?? []).entries()) {
    const here = `${path}.projected.sources[${i}]`;
    const given = (["configMap", "secret", "downwardAPI"] as const).filter((name) => source[name] !== undefined);
    if (given.length === 0) errors.push(required(here, "a source is needed: configMap, secret or downwardAPI"));
    for (const second of given.slice(1)) {
      errors.push(forbidden(`${here}.${second}`, "may not specify more than 1 volume type per source"));
    }
    for (const name of ["configMap", "secret"] as const) {
      const keyed = source[name];
      if (keyed) errors.push(...validateKeyed(keyed.name, "name", keyed.items, `${here}.${name}`));
    }
    if (source.downwardAPI) errors.push(...validateFiles(source.downwardAPI.items ?? [], `${here}.downwardAPI.items`));
  }
  return errors;
}

function validateKeyed(
  name: string | undefined,
  nameField: string,
  items: readonly KeyToPath[] | undefined,
  path: string,
): FieldError[] {
  const errors = name ? [] : [required(`${path}.${nameField}`)];
  for (const [i, item] of (items ?? []).entries()) {
    if (item.key === "") errors.push(required(`${path}.items[${i}].key`));
    errors.push(...validateRelativePath(item.path, `${path}.items[${i}].path`));
  }
  return errors;
}

function validateFiles(files: readonly DownwardFile[], path: string): FieldError[] {
  return files.flatMap(({ path: file, fieldRef, resourceFieldRef }, i) => {
    const here = `${path}[${i}]`;
    const errors = validateRelativePath(file, `${here}.path`);
    if (fieldRef && resourceFieldRef) {
      errors.push(invalid(here, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    } else if (fieldRef) errors.push(...validateFieldPath(fieldRef.fieldPath, `${here}.fieldRef.fieldPath`, "volume"));
    else if (resourceFieldRef)
      errors.push(...validateResourceField(resourceFieldRef, `${here}.resourceFieldRef`, true));
    else errors.push(required(here, "one of fieldRef and resourceFieldRef is required"));
    return errors;
  });
}

/** Files are put below the volume's directory, and nowhere else; names that begin with `..` are the volume's own. */
function validateRelativePath(path: string, field: string): FieldError[] {
  if (path === "") return [required(field)];
  if (path.startsWith("/")) return [invalid(field, path, "must be a relative path")];
  if (climbs(path)) return [invalid(field, path, "must not contain '..'")];
  return path.startsWith("..") ? [invalid(field, path, "must not start with '..'")] : [];
}

function climbs(path: string): boolean {
  return path.split("/").includes("..");
}
