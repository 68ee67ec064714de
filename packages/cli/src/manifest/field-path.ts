/** `spec.containers[0].env[1].name` or `metadata.labels[app.kubernetes.io/name]` as keys and indexes. */
export function splitFieldPath(field: string): (string | number)[] {
  return [...field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracket, name]) => {
    if (bracket === undefined) return name as string;
    return /^\d+$/.test(bracket) ? Number(bracket) : bracket.replace(/^"(.*)"$/, "$1");
  });
}
