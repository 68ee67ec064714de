import t from "tap";
import { createdText } from "./created-text.ts";

t.test("when an image was made, where somebody has written that down", async (t) => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  t.equal(createdText("2026-02-27T12:00:00Z", now), "2d");
  for (const none of ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "", "soon", undefined]) {
    t.equal(createdText(none, now), undefined, String(none));
  }
});
