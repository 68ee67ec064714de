import { hasCode } from "@drydock/kit";
import t from "tap";
import { findLab } from "./find-lab.ts";
import { parseLab } from "./parse-lab.ts";

const good = `
id: first-lab
title: The first
minutes: 20
needs: [root]
edit: main.ts
steps: [{ id: one, title: Do this }]
hints: [a, b, c]
`;

t.test("a lab has its number from its folders", async (t) => {
  t.match(parseLab(good, "/x/labs/02-linux/03-first"), {
    id: "first-lab",
    milestone: "02-linux",
    number: "02.3",
    needs: ["root"],
    limitSeconds: 60,
  });
});

t.test("every problem is named at once, by its path", async (t) => {
  const bad =
    "id: Bad Id\nminutes: soon\nneeds: [moon]\nhints: [one]\nsteps:\n  - id: a\n  - { id: a, title: x }\nextra: 1\n";
  try {
    parseLab(bad, "/x/labs/linux/03-first");
    t.fail("was taken");
  } catch (error) {
    t.ok(hasCode(error, "LAB_INVALID"));
    const problems = (error as { details: { problems: string[] } }).details.problems.join("\n");
    for (const text of [
      'id: "Bad Id"',
      "minutes:",
      'needs: "moon"',
      "hints: 1 of",
      "steps[0].title",
      'called "a"',
      "extra:",
      'folder "linux"',
      "edit:",
      "title:",
    ]) {
      t.ok(problems.includes(text), text);
    }
  }
  for (const text of ["", "- a", "a: [", "steps: 3"])
    t.throws(() => parseLab(text, "/l/02-a/01-b"), { code: "LAB_INVALID" }, text);
});

t.test("a lab is found by id, number and beginning; else what is near is named", async (t) => {
  const labs = ["process-inspector", "signals", "signal-safety"].map((id, at) =>
    parseLab(good.replace("first-lab", id), `/labs/02-linux/0${at + 1}-x`),
  );
  for (const name of ["process-inspector", "02.1", "2.1", "02/01", "proc"])
    t.equal(findLab(labs, name).id, "process-inspector", name);
  t.equal(findLab(labs, "signals").id, "signals", "an exact name wins over a beginning");
  t.throws(() => findLab(labs, "sig"), { code: "LAB_UNKNOWN", hint: /signals or signal-safety/ });
  t.throws(() => findLab(labs, "proces-inspecter"), { code: "LAB_UNKNOWN", hint: /did you mean process-inspector\?/ });
  t.throws(() => findLab(labs, "09.9"), { code: "LAB_UNKNOWN" });
});
