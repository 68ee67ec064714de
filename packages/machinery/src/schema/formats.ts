import { isQuantity } from "./quantity.ts";

const dateTime =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const problems: Readonly<Record<string, (text: string) => string | undefined>> = {
  quantity: (text) =>
    isQuantity(text)
      ? undefined
      : "quantities must be a number with an optional suffix, such as 250m, 0.5, 64Mi or 1Gi",
  "date-time": (text) => (dateTime.test(text) ? undefined : "must be a time of RFC 3339, such as 2006-01-02T15:04:05Z"),
  "micro-time": (text) =>
    dateTime.test(text) ? undefined : "must be a time of RFC 3339, such as 2006-01-02T15:04:05.000000Z",
  byte: (text) => (base64.test(text) ? undefined : "must be base64"),
};

/** What is wrong with a text of this format; undefined when nothing is, also for formats that we do not know (as JSON Schema has it). */
export function formatProblem(format: string, text: string): string | undefined {
  return problems[format]?.(text);
}
