import { discover } from "../api/discovery.ts";
import type { Session } from "../api/session.ts";
import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";
import { outputFormat } from "./format.ts";
import { printObjects } from "./print-objects.ts";
import { printTables } from "./print-tables.ts";
import { revisionAt } from "./revision-at.ts";
import { targetsOf } from "./targets.ts";
import { watchObjects } from "./watch.ts";

export interface GetOptions {
  allNamespaces?: boolean;
  selector?: string;
  fieldSelector?: string;
  watch?: boolean;
  headers: boolean;
  showLabels?: boolean;
  /** A revision, a time, or how long ago. */
  at?: string;
}

export async function get(
  session: Session,
  kinds: string,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  const format = outputFormat(session.settings.output);
  const resources = await discover(session.client);
  const targets = targetsOf(kinds, names, resources);
  const byName = targets.some(({ name }) => name !== undefined);
  if (byName && (options.selector || options.fieldSelector)) {
    throw failure("CLI_USAGE", "a name and a selector exclude each other");
  }
  if (byName && options.allNamespaces) {
    throw failure("CLI_USAGE", "an object cannot be named across all namespaces", { hint: "take -n NAMESPACE" });
  }

  if (options.at !== undefined && options.watch) {
    throw failure("CLI_USAGE", "the past cannot be watched", { hint: "take --at or -w" });
  }
  const past = options.at === undefined ? undefined : await revisionAt(session.client, options.at, Date.now());
  if (past?.time !== undefined)
    remark(`As of ${new Date(past.time).toISOString().slice(0, 19)}Z, revision ${past.revision}`);

  const queries = targets.map(({ type, name }) => ({
    type,
    name,
    namespace: type.namespaced && !options.allNamespaces ? session.namespace : undefined,
    labelSelector: options.selector,
    fieldSelector: options.fieldSelector,
    at: past?.revision,
  }));
  const shape = { format, headers: options.headers, showLabels: options.showLabels ?? false };
  if (options.watch) {
    const [query, ...others] = queries;
    if (!query || others.length > 0) {
      throw failure("CLI_USAGE", "only one kind or object can be watched at a time");
    }
    await watchObjects(session.client, query, shape);
    return;
  }
  if (format === "table" || format === "wide") await printTables(session, queries, shape);
  else await printObjects(session, queries, format);
}
