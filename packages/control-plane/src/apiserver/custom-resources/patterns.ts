import { messageOf } from "@drydock/kit";
import { RE2JS } from "re2js";

/** Whether a text has the pattern, in time linear in its length. */
export interface Pattern {
  test(text: string): boolean;
}

/**
 * Patterns of definitions are those of Go (RE2), and anybody's objects are held against them: JavaScript's engine reads another dialect, and may
 * take for ever. Returns what is wrong with it as text.
 */
export function compilePattern(pattern: string): Pattern | string {
  try {
    const compiled = RE2JS.compile(pattern);
    return { test: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return messageOf(error);
  }
}
