/**
 * The one error type of the code base. Match on `code`, never on text.
 *
 * `message` is lower case, without a final period, and names the path, id or step and the state that was met.
 * `hint` is one sentence that says what to do next. `details` is plain JSON data, so that an error
 * can cross a process boundary and be rebuilt on the other side.
 */
export class DrydockError extends Error {
  override readonly name = "DrydockError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, options: DrydockErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  toJSON(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }
}

interface DrydockErrorOptions {
  hint?: string | undefined;
  details?: Record<string, unknown> | undefined;
  cause?: unknown;
}

/** An error as data: what crosses process boundaries. */
export interface ErrorData {
  code: string;
  message: string;
  hint?: string;
  details?: Record<string, unknown>;
}

/** Rebuilds an error that arrived as data. */
export function errorFromData(data: ErrorData): DrydockError {
  return new DrydockError(data.code, data.message, { hint: data.hint, details: data.details });
}

export type ErrorMaker<Code extends string> = (
  code: Code,
  message: string,
  options?: DrydockErrorOptions,
) => DrydockError;

const tables = new Map<string, string>();

/**
 * Declares the codes of one package (code -> when it happens) and returns the function that makes its errors.
 * A code belongs to one package: declaring it twice throws. docs/errors.md is held against these tables by a test.
 */
export function defineErrors<const Table extends Record<string, string>>(
  table: Table,
): ErrorMaker<keyof Table & string> {
  for (const [code, when] of Object.entries(table)) {
    if (tables.has(code)) throw new Error(`error code ${code} is declared twice`);
    tables.set(code, when);
  }
  return (code, message, options) => new DrydockError(code, message, options);
}

/** Every code that has been declared by the packages loaded so far, with when it happens. */
export function declaredErrors(): ReadonlyMap<string, string> {
  return tables;
}

/** True when `error` is ours and, if codes are given, has one of them. */
export function hasCode(error: unknown, ...codes: string[]): error is DrydockError {
  return error instanceof DrydockError && (codes.length === 0 || codes.includes(error.code));
}

/** The errno name of a Node system error ("ENOENT"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
