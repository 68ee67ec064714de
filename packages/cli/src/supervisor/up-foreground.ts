import { remark } from "../output/print.ts";
import { progressText } from "./progress.ts";
import { StatusLine } from "./status-line.ts";
import { supervise } from "./supervise.ts";
import type { UpOptions } from "./up-options.ts";

/** Runs a cluster in this process until Ctrl-C (or SIGTERM, or the terminal goes away), and then takes it down. */
export async function upForeground(options: UpOptions): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const line = new StatusLine(process.stderr);
  let ready = false;
  try {
    await supervise(
      options,
      (progress) => {
        const text = progressText(progress);
        if (text !== undefined) line.show(text);
        if (progress.type !== "ready") return;
        ready = true;
        line.keep();
        remark("Ctrl-C stops it; drydock get nodes, in another terminal, looks at it");
      },
      stop.signal,
    );
  } catch (error) {
    // After it was ready, an end by the user is the orderly one.
    if (!(ready && stop.signal.aborted)) throw error;
  } finally {
    line.end();
    for (const signal of signals) process.off(signal, onSignal);
  }
}
