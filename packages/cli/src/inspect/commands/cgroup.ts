import { Command } from "commander";
import { failure } from "../../errors.ts";
import { seconds } from "../../parse/seconds.ts";
import { mannerOf } from "../report.ts";
import { reportRun } from "../report-run.ts";

interface LimitFlags {
  memory?: string;
  cpu?: string;
  pids?: string;
}

export function cgroupCommand(): Command {
  const cgroup = new Command("cgroup").description("cgroups: limit a command, and see who uses what").addHelpText(
    "after",
    `
Examples:
  drydock inspect cgroup run --cpu 0.25 -- sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done'
  drydock inspect cgroup top --once
`,
  );
  cgroup
    .command("run")
    .description("run a command under limits, and say what they did to it")
    .argument("<command...>", "the command, after --")
    .option("--memory <size>", "memory without swap, like 64M")
    .option("--cpu <processors>", "processor time, like 0.5: half of one processor")
    .option("--pids <n>", "processes and threads")
    .addHelpText(
      "after",
      `
The report goes to standard error, so that the command's output can be piped on; with -o json the report goes to standard output and the command's
output to standard error. The exit code is the command's. Works with cgroup v2 and v1.

Examples:
  drydock inspect cgroup run --memory 32M -- sh -c 'head -c 100M /dev/zero | tail -c 90M | wc -c'
  drydock inspect cgroup run --pids 10 -- make -j 50
  drydock inspect cgroup run --cpu 0.5 -o json -- gzip -k large
`,
    )
    .action(async (words: string[], flags: LimitFlags, command: Command) => {
      const [{ parseLimits }, { runLimited }] = await Promise.all([
        import("../cgroup/limits.ts"),
        import("../cgroup/run.ts"),
      ]);
      const limits = parseLimits(flags);
      await reportRun(command, (options) => runLimited(limits, words, options));
    });
  cgroup
    .command("top")
    .description("show which cgroups use processors and memory, until Ctrl-C")
    .option("--once", "one table, then end")
    .option("--interval <time>", "time between two tables", "2s")
    .addHelpText(
      "after",
      `
On a terminal the table stays where it is; elsewhere one follows the other, with -o json a line each.

Examples:
  drydock inspect cgroup top
  drydock inspect cgroup top --once --interval 500ms -o json
`,
    )
    .action(async ({ once, interval }: { once?: boolean; interval: string }, command: Command) => {
      const { cgroupTop } = await import("../cgroup/top.ts");
      const intervalMs = seconds(interval, "--interval") * 1000;
      if (intervalMs < 100)
        throw failure("CLI_USAGE", `--interval: ${interval} is too short`, { hint: "100ms is the least" });
      const end = new AbortController();
      const stop = (): void => end.abort();
      process.once("SIGINT", stop).once("SIGTERM", stop);
      await cgroupTop(await mannerOf(command), { once: once ?? false, intervalMs, signal: end.signal });
    });
  return cgroup;
}
