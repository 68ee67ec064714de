import {
  type CustomResourceDefinition,
  type CustomResourceNames,
  isConditionTrue,
  type Kind,
  rfc3339,
  withCondition,
} from "@drydock/machinery";

type Status = NonNullable<CustomResourceDefinition["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

/**
 * Which of the names that a definition asks for it gets, and whether its kind is served: a name belongs to who had it first. Others of its group
 * are those that are built in and `others`. Returns the status as it should be; every server comes to the same. Pure.
 */
export function judgeDefinition(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  builtin: readonly Kind[],
  now: number,
): Status {
  const { spec, status = {} } = definition;
  const taken = takenNames(definition, others, builtin);
  const { acceptedNames, conflicts } = accept(spec.names, status.acceptedNames, taken);
  const [conflict] = conflicts;
  const accepted: Condition = conflict
    ? {
        type: "NamesAccepted",
        status: "False",
        reason: `${conflict.what}Conflict`,
        message: conflicts.map(sentence).join(", "),
      }
    : { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" };
  const established: Condition = conflict
    ? { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" }
    : {
        type: "Established",
        status: "True",
        reason: "InitialNamesAccepted",
        message: "the initial names have been accepted",
      };
  let conditions = withCondition(status.conditions ?? [], accepted, now);
  // Who has been served goes on being served, under the names that were accepted.
  if (!isConditionTrue(status.conditions, "Established")) conditions = withCondition(conditions, established, now);
  return {
    ...status,
    conditions: [...conditions],
    acceptedNames,
    storedVersions: storedVersions(definition),
  };
}

/** The status of a definition that is being deleted. Pure. */
export function terminatingStatus(
  { status = {} }: CustomResourceDefinition,
  reason: string,
  message: string,
  now: number,
): Status {
  const condition: Condition = {
    type: "Terminating",
    status: "True",
    reason,
    message,
    lastTransitionTime: rfc3339(now),
  };
  return { ...status, conditions: [...withCondition(status.conditions ?? [], condition, now)] };
}

/** The versions that objects may still be stored in: those of before, and the one of now. */
export function storedVersions({ spec, status }: CustomResourceDefinition): string[] {
  const before = status?.storedVersions ?? [];
  const now = spec.versions.find(({ storage }) => storage)?.name;
  return now === undefined || before.includes(now) ? [...before] : [...before, now];
}

interface Taken {
  /** Plural, singular and short names: what stands on a command line. */
  resources: Set<string>;
  /** Kinds and kinds of lists: what stands in manifests. */
  kinds: Set<string>;
}

function takenNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  builtin: readonly Kind[],
): Taken {
  const taken: Taken = { resources: new Set(), kinds: new Set() };
  const take = ({ plural, singular = "", shortNames = [], kind, listKind = "" }: CustomResourceNames): void => {
    for (const name of [plural, singular, ...shortNames]) if (name !== "") taken.resources.add(name);
    for (const name of [kind, listKind]) if (name !== "") taken.kinds.add(name);
  };
  for (const { group, plural, singular, shortNames, kind } of builtin) {
    if (group !== definition.spec.group) continue;
    take({ plural, singular, shortNames: [...shortNames], kind, listKind: `${kind}List` });
  }
  for (const other of others) {
    if (other.spec.group !== definition.spec.group || other.metadata.uid === definition.metadata.uid) continue;
    if (other.status?.acceptedNames) take(other.status.acceptedNames);
    // Two that are new at once: the first gets what it asks for, whoever judges them in which order.
    if (isBefore(other, definition)) take(other.spec.names);
  }
  return taken;
}

function isBefore(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  const orderOf = ({ metadata }: CustomResourceDefinition) => `${metadata.creationTimestamp} ${metadata.uid}`;
  return orderOf(a) < orderOf(b);
}

interface Conflict {
  what: string;
  name: string;
}

function sentence({ name }: Conflict): string {
  return `${JSON.stringify(name)} is already in use`;
}

function accept(
  wanted: CustomResourceNames,
  had: CustomResourceNames | undefined,
  taken: Taken,
): { acceptedNames: CustomResourceNames; conflicts: Conflict[] } {
  const conflicts: Conflict[] = [];
  const choose = (what: string, name: string, before: string, names: Set<string>): string => {
    if (name === "" || !names.has(name)) return name;
    conflicts.push({ what, name });
    return names.has(before) ? "" : before;
  };
  const shorts = (wanted.shortNames ?? []).filter((name) => taken.resources.has(name));
  const plural = choose("Plural", wanted.plural, had?.plural ?? "", taken.resources);
  const singular = choose("Singular", wanted.singular ?? "", had?.singular ?? "", taken.resources);
  for (const name of shorts) conflicts.push({ what: "ShortNames", name });
  const shortNames =
    shorts.length === 0 ? wanted.shortNames : had?.shortNames?.filter((name) => !taken.resources.has(name));
  const kind = choose("Kind", wanted.kind, had?.kind ?? "", taken.kinds);
  const listKind = choose("ListKind", wanted.listKind ?? "", had?.listKind ?? "", taken.kinds);
  const { categories } = wanted;
  const acceptedNames = {
    plural,
    singular,
    kind,
    listKind,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
  };
  return { acceptedNames, conflicts };
}
