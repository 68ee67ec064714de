import { readFileSync } from "node:fs";

export interface Mount {
  id: number;
  parent: number;
  /** Directory of the file system that is the root of this mount. */
  root: string;
  mountPoint: string;
  options: string[];
  /** `shared:1`, `master:2` … */
  propagation: string[];
  type: string;
  source: string;
  superOptions: string[];
}

/** /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function parseMountinfo(text: string): Mount[] {
  return text.split("\n").filter(Boolean).map(parseLine);
}

function parseLine(line: string): Mount {
  // A dash ends the optional fields.
  const [left = "", right = ""] = splitAt(line, " - ");
  const fields = left.split(" ");
  const [type = "", source = "", superOptions = ""] = right.split(" ");
  return {
    id: Number(fields[0]),
    parent: Number(fields[1]),
    root: unescapeOctal(fields[3] ?? ""),
    mountPoint: unescapeOctal(fields[4] ?? ""),
    options: (fields[5] ?? "").split(","),
    propagation: fields.slice(6),
    type,
    source: unescapeOctal(source),
    superOptions: superOptions.split(","),
  };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Space, tab, newline and backslash are written as \040 and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export function readMountinfo(pid: number | "self" = "self"): Mount[] {
  return parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"));
}
