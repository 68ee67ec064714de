import { Command } from "commander";
import { firstApply } from "../demo/first-apply.ts";
import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";

const demos = {
  "first-apply": "the first lesson: a cluster of three nodes, one Workload, from up to down",
} as const;

export function demoCommand(): Command {
  const list = Object.entries(demos).map(([name, summary]) => `  ${name.padEnd(14)}${summary}`);
  return new Command("demo")
    .argument("[name]", "which one; without a name they are listed")
    .addHelpText("after", `\nDemos:\n${list.join("\n")}\n\nExample:\n  drydock demo first-apply\n`)
    .action(async (name: string | undefined) => {
      if (name === undefined) {
        process.stdout.write(`${list.map((line) => line.trimStart()).join("\n")}\n`);
        return;
      }
      if (!(name in demos)) {
        throw failure("CLI_USAGE", `there is no demo called "${name}"`, {
          hint: `there are: ${Object.keys(demos).join(", ")}`,
        });
      }
      if (process.getuid?.() !== 0) {
        throw failure("CLUSTER_NOT_ROOT", "a demo starts a cluster of its own, and that needs root", {
          hint: "sudo npm run demo",
        });
      }
      const interrupt = new AbortController();
      const onSignal = (): void => {
        if (interrupt.signal.aborted) remark("the demo's cluster is still being taken down");
        interrupt.abort(failure("CLUSTER_INTERRUPTED", "interrupted; the demo's cluster has been taken down"));
      };
      process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
      await firstApply({ out: process.stdout, signal: interrupt.signal });
    });
}
