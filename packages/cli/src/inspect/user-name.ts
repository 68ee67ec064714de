import { readFileSync } from "node:fs";

let names: Map<number, string> | undefined;

/** The name of a uid on this machine, or the number. Containers may call the same uid otherwise. */
export function userName(uid: number): string {
  names ??= parsePasswd(readPasswd());
  return names.get(uid) ?? String(uid);
}

/** /etc/passwd (passwd(5)): the first line of a uid counts. Pure. */
export function parsePasswd(text: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name && uid && /^\d+$/.test(uid) && !found.has(Number(uid))) found.set(Number(uid), name);
  }
  return found;
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    // Minimal images have none: then users are numbers.
    return "";
  }
}
