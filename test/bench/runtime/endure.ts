/** Prints what test/bench/endurance.bench.ts shows, as JSON. */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "@drydock/kit";
import { chooseExecutor } from "@drydock/linux";
import { makeTestHost } from "../../../packages/runtime/src/fixtures/test-host.ts";
import { type WhatIsThere, whatIsThere } from "../../../packages/runtime/src/fixtures/what-is-there.ts";

export interface Endurance {
  starts: number;
  failures: string[];
  before: WhatIsThere;
  after: WhatIsThere;
  leftovers: string[];
}

const starts = 3000;
const warmUp = 1000;
/** What ends by itself soon after, ms. */
const settleMs = 2000;

const prefix = `endure-${process.pid}-`;
const host = makeTestHost(chooseExecutor());
try {
  const failures: string[] = [];
  let before = whatIsThere(prefix);
  for (let number = 0; number < starts; number++) {
    if (number === warmUp) {
      await delay(settleMs);
      before = whatIsThere(prefix);
    }
    const id = `${prefix}${number}`;
    try {
      await host.runtime.run({
        ...host.script(id, "", { process: { args: ["true"] } }),
        stdio: { stdin: "null", stdout: "null", stderr: "null" },
      });
      const { code } = await host.runtime.wait(id);
      if (code !== 0) failures.push(`${id}: exit code ${code}`);
      await host.runtime.delete(id);
    } catch (error) {
      failures.push(`${id}: ${messageOf(error)}`);
    }
  }
  await delay(settleMs);
  const result: Endurance = { starts, failures, before, after: whatIsThere(prefix), leftovers: host.leftovers() };
  process.stdout.write(JSON.stringify(result));
} finally {
  await host.dispose();
}
