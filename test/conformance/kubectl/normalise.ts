/** What differs from run to run, and by what it is replaced. The order counts. */
const rules: readonly [pattern: RegExp, replacement: string][] = [
  // The client's complaint that it is older than the server.
  [/^WARNING: version difference between client .*\n?/gm, ""],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UID"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
  [/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, "TIME"],
  [/("?resourceVersion"?: ?)"\d+"/g, '$1"N"'],
  [/https:\/\/127\.0\.0\.1:\d+/g, "https://SERVER"],
  [/\/tmp\/[\w./-]+/g, "FILE"],
  [/(Resource Version: +)\d+/g, "$1N"],
  // Ages in tables; not the amounts of `describe`, which follow a colon.
  [/(?<= {2,})(?<!:\s*)\d+(s|m|h)(?=\s|$)/gm, "AGE"],
  // Newer clients say where from.
  [/ deleted from \S+ namespace/g, " deleted"],
  [/[ \t]+$/gm, ""],
];

export function normalise(output: string): string {
  let text = output;
  for (const [pattern, replacement] of rules) text = text.replace(pattern, replacement);
  return text.replace(/\n+$/, "");
}
