import { isIP, isIPv4, isIPv6 } from "node:net";
import { isQuantity } from "./quantity.ts";

const dateTime =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const date = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
// Go's durations, and what go-openapi takes besides: `90s`, `1h30m`, `3 days`.
const duration = /^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)\s*)+$/;
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const hostname = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*\.?$/i;
const email = /^[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)*$/;
const mac = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const problems: Readonly<Record<string, (text: string) => string | undefined>> = {
  quantity: (text) =>
    isQuantity(text)
      ? undefined
      : "quantities must be a number with an optional suffix, such as 250m, 0.5, 64Mi or 1Gi",
  "date-time": (text) => (dateTime.test(text) ? undefined : "must be a time of RFC 3339, such as 2006-01-02T15:04:05Z"),
  "micro-time": (text) =>
    dateTime.test(text) ? undefined : "must be a time of RFC 3339, such as 2006-01-02T15:04:05.000000Z",
  datetime: (text) => (dateTime.test(text) ? undefined : "must be a time of RFC 3339, such as 2006-01-02T15:04:05Z"),
  date: (text) => (date.test(text) ? undefined : "must be a date of RFC 3339, such as 2006-01-02"),
  duration: (text) => (duration.test(text) ? undefined : "must be a duration, such as 90s or 1h30m"),
  uuid: (text) => (uuid.test(text) ? undefined : "must be a UUID"),
  hostname: (text) => (hostname.test(text) ? undefined : "must be the name of a host"),
  email: (text) => (email.test(text) ? undefined : "must be an e-mail address"),
  mac: (text) => (mac.test(text) ? undefined : "must be a MAC address, such as 02:00:0a:58:00:01"),
  uri: (text) => (URL.canParse(text) ? undefined : "must be a URI with its scheme, such as https://example.com/"),
  ipv4: (text) => (isIPv4(text) ? undefined : "must be an IPv4 address"),
  ipv6: (text) => (isIPv6(text) ? undefined : "must be an IPv6 address"),
  cidr: (text) => (isCidr(text) ? undefined : "must be a range of addresses, such as 10.0.0.0/24"),
  byte: (text) => (base64.test(text) ? undefined : "must be base64"),
};

/** What is wrong with a text of this format; undefined when nothing is, also for formats that we do not know (as JSON Schema has it). */
export function formatProblem(format: string, text: string): string | undefined {
  return problems[format]?.(text);
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = isIP(address);
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128) && family !== 0;
}
