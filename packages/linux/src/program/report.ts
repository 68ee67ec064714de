import type { NumberedStep } from "./flatten.ts";

/**
 * What comes out of a program's report pipe: messages { u64 0, u64 value } that steps write on purpose, and at most
 * one failure per process { u64 address of the entry, u64 errno, u64 per result }. Each is one write below PIPE_BUF,
 * so they do not mix. The end of the pipe without a failure means that every process has closed it, by execve or exit.
 */
export interface LaunchReport {
  messages: number[];
  failure?: StepFailure;
  /** What the direct executor's process says when it fails itself. */
  crash?: string;
  steps: NumberedStep[];
  /** To read what the processes of this program report later, by another way than the report pipe. */
  layout: ReportLayout;
}

/** What it takes to read a report: part of EncodedProgram. */
export interface ReportLayout {
  steps: NumberedStep[];
  /** Address of an entry -> its step. */
  stepAt: Map<number, NumberedStep>;
  /** Names of results in the order in which a failure lists them. */
  resultNames: string[];
}

export interface StepFailure {
  failed: NumberedStep;
  /** 0: a call gave 0 (end of file) where that is an error. */
  errno: number;
  /** What the steps before stored; tolerated errnos are negative. */
  results: Map<string, number>;
}

export const messageSize = 16;

const crashMark = Buffer.alloc(8, 0xff);

export function crashFrame(text: string): Buffer {
  return Buffer.concat([crashMark, Buffer.from(text).subarray(0, 3000)]);
}

export function parseReport(bytes: Buffer, layout: ReportLayout): LaunchReport {
  const { steps, stepAt, resultNames } = layout;
  const report: LaunchReport = { messages: [], steps, layout: { steps, stepAt, resultNames } };
  let at = 0;
  while (at + messageSize <= bytes.length) {
    if (bytes.subarray(at, at + 8).equals(crashMark)) {
      report.crash = bytes.subarray(at + 8).toString();
      break;
    }
    const address = Number(bytes.readBigUInt64LE(at));
    const value = Number(bytes.readBigInt64LE(at + 8));
    at += messageSize;
    const failed = stepAt.get(address);
    if (!failed) {
      report.messages.push(value);
      continue;
    }
    const results = new Map<string, number>();
    for (const name of resultNames) {
      if (at + 8 > bytes.length) break;
      results.set(name, Number(bytes.readBigInt64LE(at)));
      at += 8;
    }
    report.failure ??= { failed, errno: value, results };
  }
  return report;
}
