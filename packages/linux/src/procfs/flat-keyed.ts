/** A flat keyed file of cgroupfs or procfs, `name number` a line (Documentation/admin-guide/cgroup-v2.rst, Format). Other lines are passed over. */
export function parseFlatKeyed(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const found = /^(\S+) (-?\d+)$/.exec(line);
    if (found) values.set(found[1] as string, Number(found[2]));
  }
  return values;
}
