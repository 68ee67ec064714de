import { type CompileFilterOptions, compileFilter, type SeccompFilter } from "./compile-filter.ts";
import type { SeccompProfile } from "./profile.ts";

/** An agent has a handful of profiles; a filter is a few KB. */
const capacity = 32;

const byObject = new WeakMap<SeccompProfile, SeccompFilter>();
const byText = new Map<string, SeccompFilter>();

/**
 * compileFilter, once a profile: the same object is found at once, another with the same content by its text. So a start
 * with a profile that was used before costs no compilation. A profile is not to be changed after it was given here.
 */
export function cachedFilter(profile: SeccompProfile, { arch }: Pick<CompileFilterOptions, "arch">): SeccompFilter {
  const known = byObject.get(profile);
  if (known) return known;
  const text = `${arch} ${JSON.stringify(profile)}`;
  const filter = byText.get(text) ?? compileFilter(profile, { arch });
  // The one that was used last is the last to go.
  byText.delete(text);
  byText.set(text, filter);
  const oldest = byText.keys().next().value;
  if (byText.size > capacity && oldest !== undefined) byText.delete(oldest);
  byObject.set(profile, filter);
  return filter;
}
