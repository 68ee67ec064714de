import fc from "fast-check";
import t from "tap";
import {
  canonicalQuantity,
  compareQuantities,
  formatBytes,
  formatMilli,
  isQuantity,
  milliOf,
  parseQuantity,
  wholeOf,
} from "./quantity.ts";

t.test("canonical texts are those of Kubernetes", async (t) => {
  const table = {
    "0": "0",
    "0Ki": "0",
    "0.5": "500m",
    ".5": "500m",
    "1.": "1",
    "100m": "100m",
    "1000m": "1",
    "1500m": "1500m",
    "1000": "1k",
    "1024": "1024",
    "1e3": "1e3",
    "1E3": "1e3",
    "1E": "1E",
    "12e-3": "12e-3",
    "129M": "129M",
    "123Mi": "123Mi",
    "1024Mi": "1Gi",
    "1.5Gi": "1536Mi",
    "0.5Ki": "512",
    "1000Ki": "1000Ki",
    "-1.5": "-1500m",
    "+2": "2",
    "1n": "1n",
    "0.1n": "1n",
  };
  for (const [text, canonical] of Object.entries(table)) t.equal(canonicalQuantity(text), canonical, text);
});

t.test("what is no quantity is refused", async (t) => {
  for (const text of ["", " ", "1 Gi", "abc", "1KB", "1kb", "0x10", "1e", "--1", "1.2.3", "Gi", "1e1Gi", "NaN"]) {
    t.notOk(isQuantity(text), JSON.stringify(text));
    t.throws(() => parseQuantity(text), { code: "QUANTITY_INVALID" });
  }
});

t.test("millis and wholes round up and suffer from no binary fractions", async (t) => {
  t.equal(milliOf("70m"), 70, "0.07 * 1000 is 70.00000000000001");
  t.equal(milliOf("0.0001"), 1);
  t.equal(milliOf(1.1), 1100);
  t.equal(wholeOf("1500m"), 2);
  t.equal(wholeOf("64Mi"), 67108864);
  t.equal(parseQuantity("250m"), 0.25);
});

t.test("formats", async (t) => {
  t.same([0, 1, 1000, 1023, 1024, 67108864, 2 ** 40].map(formatBytes), [
    "0",
    "1",
    "1000",
    "1023",
    "1Ki",
    "64Mi",
    "1Ti",
  ]);
  t.same([0, 1, 250, 2000, 2500].map(formatMilli), ["0", "1m", "250m", "2", "2500m"]);
});

const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "E2", "e-3");
const quantity = fc
  .tuple(fc.constantFrom("", "-", "+"), fc.nat(1_000_000), fc.option(fc.nat(999)), suffix)
  .map(([sign, whole, fraction, unit]) => `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${unit}`);

t.test("the canonical text is the same amount, and its own canonical text", async () => {
  fc.assert(
    fc.property(quantity, (text) => {
      const canonical = canonicalQuantity(text);
      return compareQuantities(text, canonical) === 0 && canonicalQuantity(canonical) === canonical;
    }),
  );
});

t.test("order is total and agrees with the numbers", async () => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      const order = compareQuantities(a, b);
      return order === -compareQuantities(b, a) + 0 && (order >= 0 || parseQuantity(a) <= parseQuantity(b));
    }),
  );
});

t.test("bytes and millicores survive their formats", async () => {
  fc.assert(fc.property(fc.nat(), (n) => wholeOf(formatBytes(n)) === n && milliOf(formatMilli(n)) === n));
});
