import { failure } from "../errors.ts";

/**
 * Amounts of resources ("250m", "64Mi", "1e3"), exact as in k8s.io/apimachinery/pkg/api/resource: a count of nano-units,
 * what is finer is rounded up. The format is remembered because the canonical text depends on it.
 */
interface Quantity {
  nanos: bigint;
  format: "decimal" | "binary" | "exponent";
}

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const shape = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/;
const NANO = 9;

export function isQuantity(text: string): boolean {
  return shape.test(text);
}

/** The amount as a number of cores or bytes. Not exact for fractions: compute with milliOf and wholeOf. Throws QUANTITY_INVALID. */
export function parseQuantity(text: string | number): number {
  const { nanos } = parse(String(text));
  // Whole part and rest apart, so that bytes stay exact up to 2^53.
  return Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9;
}

/** Thousandths of the unit (millicores), rounded up. Throws QUANTITY_INVALID. */
export function milliOf(text: string | number): number {
  return Number(ceilDivide(parse(String(text)).nanos, 1_000_000n));
}

/** Whole units (bytes, pods), rounded up. Throws QUANTITY_INVALID. */
export function wholeOf(text: string | number): number {
  return Number(ceilDivide(parse(String(text)).nanos, 1_000_000_000n));
}

/** Negative, zero or positive, as for Array.sort. Throws QUANTITY_INVALID. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parse(String(a)).nanos - parse(String(b)).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The same amount in the text that Kubernetes stores: "0.5" is "500m", "1024Mi" is "1Gi". Throws QUANTITY_INVALID. */
export function canonicalQuantity(text: string | number): string {
  const { nanos, format } = parse(String(text));
  if (nanos === 0n) return "0";
  const units = nanos / 1_000_000_000n;
  const isWhole = units * 1_000_000_000n === nanos;
  // Kubernetes too falls back to decimal suffixes for amounts that binary ones cannot say.
  if (format === "binary" && isWhole && abs(units) >= 1024n) return binaryText(units);
  return decimalText(nanos, format === "exponent" ? "e" : "");
}

/** Bytes with the largest binary suffix that loses nothing: 67108864 is "64Mi". */
export function formatBytes(bytes: number): string {
  return binaryText(BigInt(Math.ceil(bytes)));
}

/** Millicores as Kubernetes writes them: 250 is "250m", 2000 is "2". */
export function formatMilli(milli: number): string {
  return decimalText(BigInt(Math.ceil(milli)) * 1_000_000n, "");
}

function parse(text: string): Quantity {
  const match = shape.exec(text);
  if (match === null) {
    throw failure("QUANTITY_INVALID", `"${text}" is not a quantity`, { hint: "write it like 250m, 0.5, 64Mi or 1Gi" });
  }
  const [, sign, number = "", exponent, suffix = ""] = match;
  const [whole = "", fraction = ""] = number.split(".");
  const digits = BigInt(`${whole}${fraction}` || "0");
  const binary = binaryExponents[suffix];
  const scale = (exponent === undefined ? (decimalExponents[suffix] ?? 0) : Number(exponent.slice(1))) + NANO;
  const shifted = binary === undefined ? digits : digits * 2n ** BigInt(binary);
  const tens = scale - fraction.length;
  const magnitude = tens >= 0 ? shifted * 10n ** BigInt(tens) : ceilDivide(shifted, 10n ** BigInt(-tens));
  return {
    nanos: sign === "-" ? -magnitude : magnitude,
    format: binary !== undefined ? "binary" : exponent !== undefined ? "exponent" : "decimal",
  };
}

function binaryText(units: bigint): string {
  for (const [suffix, exponent] of Object.entries(binaryExponents).reverse()) {
    const size = 2n ** BigInt(exponent);
    if (units !== 0n && units % size === 0n) return `${units / size}${suffix}`;
  }
  return String(units);
}

function decimalText(nanos: bigint, style: "" | "e"): string {
  if (nanos === 0n) return "0";
  let exponent = -NANO;
  let rest = nanos;
  while (exponent < 18 && rest % 1000n === 0n) {
    rest /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return String(rest);
  if (style === "e") return `${rest}e${exponent}`;
  const suffix = Object.entries(decimalExponents).find(([, value]) => value === exponent)?.[0] ?? "";
  return `${rest}${suffix}`;
}

function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a > 0n && quotient * b !== a ? quotient + 1n : quotient;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
