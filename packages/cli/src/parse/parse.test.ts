import t from "tap";
import { byteSize } from "../images/byte-size.ts";
import { seconds } from "./seconds.ts";
import { wholeNumber } from "./whole-number.ts";

t.test("lengths of time", async (t) => {
  t.same(
    ["30", "90s", "5m", "1h30m", "1.5s", "250ms"].map((text) => seconds(text, "--t")),
    [30, 90, 300, 5400, 1.5, 0.25],
  );
  for (const wrong of ["", "-5", "5x", "m", "1 m"]) t.throws(() => seconds(wrong, "--t"), { code: "CLI_USAGE" }, wrong);
});

t.test("numbers and sizes", async (t) => {
  t.equal(wholeNumber("3", "--n"), 3);
  for (const wrong of ["", "-1", "1.5", "99999999999"])
    t.throws(() => wholeNumber(wrong, "--n"), { code: "CLI_USAGE" });
  t.same([0, 999, 1000, 2_130_000, 45_600_000, 789_000_000_000].map(byteSize), [
    "0 B",
    "999 B",
    "1.00 kB",
    "2.13 MB",
    "45.6 MB",
    "789 GB",
  ]);
});
