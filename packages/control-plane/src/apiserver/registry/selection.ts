import {
  fieldMatcher,
  type Kind,
  type KubeObject,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from "@drydock/machinery";

/** Which objects of a collection a list, watch or deletecollection is about. */
export interface Selection {
  matches(object: KubeObject): boolean;
  /** True when every object matches: then counts and pages need no filtering. */
  all: boolean;
}

export function selectionOf(kind: Kind, query: URLSearchParams, name = ""): Selection {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "");
  if (name !== "") fields.push({ field: "metadata.name", equal: true, value: name });
  const fieldsMatch = fieldMatcher(kind, fields);
  return {
    all: labels.length === 0 && fields.length === 0,
    matches: (object) => matchesLabels(labels, object.metadata.labels) && fieldsMatch(object),
  };
}
