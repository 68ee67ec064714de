/** One challenge of a WWW-Authenticate header: scheme and parameter names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Map<string, string>;
}

/**
 * Parses WWW-Authenticate (RFC 9110, 11.6.1): `Bearer realm="…",service="…",scope="…", Basic realm="…"`. What follows a
 * part that cannot be understood is dropped: the challenges before it still stand.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header.trim();
  while (rest !== "") {
    const parameter = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*|$)/.exec(rest);
    const current = challenges.at(-1);
    if (parameter && current) {
      const value = parameter[2]?.replace(/\\(.)/g, "$1") ?? parameter[3] ?? "";
      current.parameters.set((parameter[1] as string).toLowerCase(), value);
      rest = rest.slice(parameter[0].length);
      continue;
    }
    const scheme = /^([\w!#$%&'*+.^`|~-]+)(?:\s+|\s*,\s*|$)/.exec(rest);
    if (!scheme) break;
    challenges.push({ scheme: (scheme[1] as string).toLowerCase(), parameters: new Map() });
    rest = rest.slice(scheme[0].length);
  }
  return challenges;
}
