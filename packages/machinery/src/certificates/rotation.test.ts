import { ManualClock, silentLogger } from "@drydock/kit";
import t from "tap";
import { selfSigned } from "../test-support/self-signed.ts";
import { renewalTime, startRotation, validityOf } from "./rotation.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const hour = 3600_000;

/** Lets what has been woken run; signatures take a moment of real time. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

t.test("between 70 and 90 percent of the life", async (t) => {
  const validity = { notBefore: 1000, notAfter: 2000 };
  t.equal(renewalTime(validity, 0), 1700);
  t.equal(renewalTime(validity, 1), 1900);
  const { cert } = await selfSigned("x", { notBefore: start, notAfter: start + hour });
  t.same(validityOf(cert), { notBefore: start, notAfter: start + hour });
});

t.test("renews in time, again and again, and waits for months", async (t) => {
  const clock = new ManualClock(start);
  const life = 100 * 24 * hour;
  let certificate = await selfSigned("1", { notBefore: start, notAfter: start + life });
  const times: number[] = [];
  const rotation = startRotation({
    name: "client",
    current: () => certificate.cert,
    renew: async () => {
      times.push(clock.now());
      certificate = await selfSigned("next", { notBefore: clock.now(), notAfter: clock.now() + life });
    },
    clock,
    logger: silentLogger,
    random: () => 0.5,
  });
  t.teardown(() => rotation.stop());
  await clock.advance(0.79 * life);
  t.same(times, [], "not before its time");
  await clock.advance(0.02 * life);
  await settle();
  t.equal(times.length, 1);
  t.ok(Math.abs((times[0] ?? 0) - (start + 0.8 * life)) <= hour);
  await clock.advance(0.82 * life);
  await settle();
  t.equal(times.length, 2, "and the next one, too");
});

t.test("a failure is tried again, sooner and then later, until it works", async (t) => {
  const clock = new ManualClock(start);
  let certificate = await selfSigned("1", { notBefore: start, notAfter: start + 10_000 });
  let failures = 0;
  const rotation = startRotation({
    name: "client",
    current: () => certificate.cert,
    renew: async () => {
      if (failures++ < 3) throw new Error("nobody there");
      certificate = await selfSigned("2", { notBefore: clock.now(), notAfter: clock.now() + hour });
    },
    clock,
    logger: silentLogger,
    random: () => 0,
  });
  t.teardown(() => rotation.stop());
  for (let step = 0; step < 40; step++) await clock.advance(500);
  await settle();
  t.equal(failures, 4, "also after the certificate has ended");
  t.equal(validityOf(certificate.cert).notAfter - validityOf(certificate.cert).notBefore, hour);
});

t.test("ends while it sleeps, and while it renews", async (t) => {
  const clock = new ManualClock(start);
  const { cert } = await selfSigned("1", { notBefore: start - hour, notAfter: start + 1000 });
  const renewing = Promise.withResolvers<void>();
  const rotation = startRotation({
    name: "client",
    current: () => cert,
    renew: (signal) => {
      renewing.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    clock,
    logger: silentLogger,
  });
  await renewing.promise;
  await rotation.stop();
  const sleeping = startRotation({
    name: "client",
    current: () => cert,
    renew: async () => {
      t.fail("it is not time yet");
    },
    clock: new ManualClock(start - hour),
    logger: silentLogger,
  });
  await sleeping.stop();
  t.pass("both have ended");
});
