import { failure } from "../errors.ts";
import { dataCorrupt } from "./data-directory.ts";
import { portTaken } from "./free-port.ts";

export interface EndedStart {
  /** What etcd wrote in this run: JSON lines, and a Go stack trace after a panic. */
  log: string;
  logFile: string;
  dataPath: string;
  /** The directory held data before this run. */
  hadData: boolean;
  /** "ended with exit code 1", "did not become ready within 10000 ms". */
  how: string;
}

/** What etcd 3.4 to 3.6 say when their database or log cannot be read (wal/, mvcc/backend/, etcdserver/api/snap/). */
const CORRUPT =
  /failed to open database|invalid database|file size too small|checksum error|version mismatch|wal: |walpb: |snap: |failed to read WAL|failed to recover|failed to find database snapshot|tocommit\(\d+\) is out of range|cannot use none as id|page \d+ already freed|unexpected fault address|failed to list data directory/;

/** The error that describes why etcd did not start, from what it left in its log. Pure. */
export function startupFailure({ log, logFile, dataPath, hadData, how }: EndedStart): Error {
  const said = lastWords(log);
  const details = { log: logFile, said };
  if (/address already in use/.test(log)) {
    const port = /listen tcp \S+:(\d+): bind/.exec(log)?.[1];
    return portTaken(Number(port), undefined, details);
  }
  if (/cluster cannot be downgraded|lower than determined cluster version|downgrade/i.test(said)) {
    return failure("ETCD_DATA_VERSION", `${dataPath} was written by a later etcd: ${said}`, {
      details,
      hint: "install the etcd that wrote it, or a later one",
    });
  }
  if (hadData && CORRUPT.test(log)) return dataCorrupt(dataPath, said, details);
  return failure("ETCD_START_FAILED", `etcd ${how}: ${said}`, { details, hint: `see ${logFile}` });
}

/** The last error that etcd logged, as one line. */
function lastWords(log: string): string {
  let last = "it said nothing";
  for (const line of log.split("\n")) {
    if (line.startsWith("panic: ")) last = line.slice("panic: ".length);
    const entry = line.startsWith("{") ? parseEntry(line) : undefined;
    // After a panic come lines of closing down.
    if (entry && ["panic", "fatal", "error", "dpanic"].includes(entry.level)) {
      last = entry.error ? `${entry.msg}: ${entry.error}` : entry.msg;
      if (entry.level === "panic" || entry.level === "fatal") return last;
    }
  }
  return last;
}

function parseEntry(line: string): { level: string; msg: string; error?: string } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    // A line that was cut off when etcd was killed.
    return undefined;
  }
}
