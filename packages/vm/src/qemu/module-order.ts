/** The modules that a kernel module needs first: the `depends=` entry of its .modinfo section (kernel: scripts/mod/modpost.c). */
export function moduleDepends(elf: Buffer): string[] {
  const at = elf.indexOf("\0depends=");
  if (at < 0) return [];
  const start = at + "\0depends=".length;
  return elf.toString("latin1", start, elf.indexOf(0, start)).split(",").filter(Boolean);
}

/** `wanted` and all that they need, each after what it needs. Throws when a module is missing from `depends`. Pure. */
export function loadOrder(wanted: readonly string[], depends: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    const needs = depends.get(name);
    if (!needs) throw new Error(`kernel module ${name} is not there`);
    for (const need of needs) visit(need);
    order.push(name);
  };
  for (const name of wanted) visit(name);
  return order;
}
