/** One entry of an Accept or Content-Type header, lower case: `application/json;as=Table;v=v1;g=meta.k8s.io`. */
export interface MediaType {
  type: string;
  parameters: Readonly<Record<string, string>>;
}

/** The entries of an Accept header, most wanted first. A missing header means anything. */
export function parseAccept(header: string | undefined): MediaType[] {
  const entries = (header ?? "*/*").split(",").map(parseMediaType);
  const quality = (entry: MediaType) => Number(entry.parameters.q ?? 1);
  // Array.sort is stable: entries of equal quality stay in the client's order.
  return entries.filter((entry) => entry.type !== "").sort((a, b) => quality(b) - quality(a));
}

export function parseMediaType(text: string): MediaType {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0) parameters[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1).replace(/^"|"$/g, "");
  }
  return { type: type.toLowerCase(), parameters };
}
