import { closeSync, writeSync } from "node:fs";
import { openPipe, readableFrom } from "../ffi/pipe.ts";
import type { EncodedProgram } from "../program/encode.ts";
import type { NumberedStep } from "../program/flatten.ts";
import { directPlan } from "./direct.ts";
import type { Executor } from "./executor.ts";
import { launchImage } from "./launch.ts";
import { announcementSize, answers } from "./step-gate.ts";

/** Called before each step, with how many there are and the pid on the host; the step runs when it resolves. A rejection ends the program. */
export type BeforeStep = (step: NumberedStep, of: number, pid: number) => Promise<void>;

/** The direct executor, stopping before each step. What runs after the launch is over, in the shim, is not stepped through. */
export function steppingExecutor(beforeStep: BeforeStep): Executor {
  return {
    name: "direct",
    async launch(program, options = {}) {
      const announcements = openPipe();
      const answer = openPipe();
      const turn = openPipe();
      const theirs = [announcements.write, answer.read, turn.read, turn.write];
      writeSync(turn.write, Buffer.of(1));
      let followed: Promise<void> | undefined;
      let refusal: { reason: unknown } | undefined;
      const ask = async (encoded: EncodedProgram, address: number, pid: number): Promise<void> => {
        const step = encoded.stepAt.get(address);
        try {
          if (step && !refusal) await beforeStep(step, encoded.steps.length, pid);
        } catch (reason) {
          refusal = { reason };
        }
        writeSync(answer.write, Buffer.of(refusal ? answers.abort : answers.go));
      };
      const stream = readableFrom(announcements.read);
      try {
        const report = await launchImage(program, options, (_imageFd, title, encoded) => {
          const plan = directPlan(options, title, "step");
          followed = follow(stream, (address, pid) => ask(encoded, address, pid));
          return {
            ...plan,
            after: theirs,
            dispose: () => {
              plan.dispose?.();
              for (const fd of theirs.splice(0)) closeSync(fd);
            },
          };
        });
        if (refusal) throw refusal.reason;
        return report;
      } catch (error) {
        throw refusal ? refusal.reason : error;
      } finally {
        stream.destroy();
        for (const fd of [...theirs, answer.write]) closeSync(fd);
        await followed;
      }
    },
  };
}

async function follow(
  stream: AsyncIterable<Buffer>,
  ask: (address: number, pid: number) => Promise<void>,
): Promise<void> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= announcementSize; rest = rest.subarray(announcementSize)) {
        await ask(Number(rest.readBigUInt64LE(0)), Number(rest.readBigUInt64LE(8)));
      }
    }
  } catch {
    // Our own end of the stream, or of the answers, in the middle of a question: the launch is over.
  }
}
