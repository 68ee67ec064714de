import { failure } from "../errors.ts";

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

/** A length of time in seconds: "30", "90s", "5m", "1h30m". */
export function seconds(text: string, flag: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw failure("CLI_USAGE", `${flag}: "${text}" is no length of time`, {
      hint: "write it like 30, 90s, 5m or 1h30m",
    });
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit as string] as number), 0);
}
