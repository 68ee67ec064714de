/**
 * Paths of object keys that a JSON text states more than once, with Kubernetes' notation (`spec.ports[0].name`).
 * JSON.parse silently keeps the last; strict field validation wants to know. The text must be valid JSON.
 */
export function findDuplicateKeys(text: string): string[] {
  const duplicates: string[] = [];
  const open: Frame[] = [];
  let expectKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
        open.push({ keys: new Set(), key: "", index: -1 });
        expectKey = true;
        break;
      case "[":
        open.push({ keys: undefined, key: "", index: 0 });
        expectKey = false;
        break;
      case "}":
      case "]":
        open.pop();
        expectKey = false;
        break;
      case ",": {
        const frame = open.at(-1);
        if (frame && !frame.keys) frame.index++;
        expectKey = frame?.keys !== undefined;
        break;
      }
      case '"': {
        const end = endOfString(text, at);
        const frame = open.at(-1);
        if (expectKey && frame?.keys) {
          frame.key = JSON.parse(text.slice(at, end + 1));
          if (frame.keys.has(frame.key)) duplicates.push(pathOf(open));
          frame.keys.add(frame.key);
          expectKey = false;
        }
        at = end;
      }
    }
  }
  return duplicates;
}

interface Frame {
  /** Undefined for an array. */
  keys: Set<string> | undefined;
  key: string;
  index: number;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function pathOf(open: readonly Frame[]): string {
  return open
    .map((frame) => (frame.keys ? `.${frame.key}` : `[${frame.index}]`))
    .join("")
    .slice(1);
}
