/** A long run by hand: `npm run chaos -- --seed 7 --minutes 20`. Prints what it saw; exits with 1 when a promise was broken or too little happened. */
import { parseArgs } from "node:util";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
    floor: { type: "string", default: "200" },
  },
});
const ends: (() => unknown)[] = [];
const t = { teardown: (end: () => unknown) => void ends.push(end) };
try {
  const result = await runChaos(t, {
    seed: Number(values.seed),
    lengthMs: Number(values.minutes) * 60_000,
    servers: 2,
    workers: 8,
    watchers: 6,
    log: (line) => console.log(line),
  });
  const rate = result.operations / result.seconds;
  const faults = Map.groupBy(result.faults, ({ kind }) => kind);
  console.log(JSON.stringify(result.counts));
  console.log([...faults].map(([kind, list]) => `${list.length} ${kind}`).join(", "));
  console.log(`${result.operations} operations in ${result.seconds.toFixed(0)} s: ${rate.toFixed(0)} a second`);
  for (const one of result.violations.slice(0, 50)) console.log(`BROKEN ${one}`);
  console.log(`${result.violations.length} promises broken`);
  if (rate < Number(values.floor)) console.log(`below the floor of ${values.floor} a second: the run says nothing`);
  process.exitCode = result.violations.length > 0 || rate < Number(values.floor) ? 1 : 0;
} finally {
  for (const end of ends.reverse()) await end();
}
