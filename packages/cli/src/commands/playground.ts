import { Command } from "commander";
import { ExitStatus } from "../exit-status.ts";
import { outputFormat } from "../get/format.ts";
import { objectText } from "../output/object-text.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { down } from "../playground/down.ts";
import { endPartition, kill, partition, requireRunning } from "../playground/machine.ts";
import { machineNames, playgroundSettings } from "../playground/settings.ts";
import { parseStatus } from "../playground/status.ts";
import { up } from "../playground/up.ts";
import { vagrantInTerminal, vagrantLines, vagrantOutput } from "../playground/vagrant.ts";
import { settingsOf } from "../settings/settings.ts";

export function playgroundCommand(): Command {
  const settings = playgroundSettings(process.env);
  const playground = new Command("playground").addHelpText(
    "after",
    `
Examples:
  drydock playground up
  drydock playground up --ha
  KUBECONFIG=vagrant/kubeconfig kubectl get nodes
  drydock playground kill w2
  drydock playground heal

Machines: ${machineNames(settings).join(", ")}. Number, size and network by environment variables: docs/playground.md.
`,
  );
  playground
    .command("up")
    .description("create and start the machines, or start those that do not run")
    .option(
      "--provider <name>",
      "libvirt, virtualbox, parallels, vmware_desktop, or plain: QEMU alone (default: the first that is here)",
    )
    .option("--ha", "three control planes with three members of etcd, behind a load balancer")
    .option("--provision", "provision again what has been provisioned: after a change of Drydock's files")
    .action(({ provider, provision = false, ha }: { provider?: string; provision?: boolean; ha?: boolean }) => {
      const wanted = ha ? playgroundSettings({ ...process.env, DRYDOCK_HA: "1" }) : settings;
      return up(wanted, { provider, provision });
    });
  playground
    .command("status")
    .description("show which machines run")
    .action(async (_options, command: Command) => {
      const machines = parseStatus(await vagrantOutput(settings, ["status", "--machine-readable"]));
      const format = outputFormat((await settingsOf(command)).output, ["yaml", "json"]);
      if (format === "yaml" || format === "json") return print(await objectText(machines, format));
      const rows = machines.map(({ name, provider, state }) => [name, provider, state]);
      print(tableLines(["Name", "Provider", "State"], rows).join("\n"));
    });
  playground
    .command("ssh")
    .description("open a shell on a machine, or run a command there")
    .argument("<machine>")
    .argument("[command...]")
    .action(async (name: string, words: string[]) => {
      await requireRunning(settings, name);
      const command = words.length > 0 ? ["--command", words.join(" ")] : [];
      const code = await vagrantInTerminal(settings, ["ssh", name, ...command]);
      if (code !== 0) throw new ExitStatus(code);
    });
  playground
    .command("kill")
    .description("switch a machine off as if its plug were pulled")
    .argument("<machine>")
    .action(async (name: string) => {
      await kill(settings, name);
      remark(`${name} is off; drydock playground heal ${name} starts it again`);
    });
  playground
    .command("partition")
    .description("cut a machine off from the others, while it runs on")
    .argument("<machine>")
    .action(async (name: string) => {
      await partition(settings, name);
      remark(`${name} is cut off; drydock playground heal ${name} connects it again`);
    });
  playground
    .command("heal")
    .description("start machines that were killed, and connect those that were cut off")
    .argument("[machine]", "this one alone")
    .action((name: string | undefined) => heal(name));
  playground
    .command("down")
    .description("remove the machines and everything that is on them")
    .action(() => down(settings));

  async function heal(only: string | undefined): Promise<void> {
    const machines = parseStatus(
      await vagrantOutput(settings, ["status", ...(only ? [only] : []), "--machine-readable"]),
    );
    for (const { name, state } of machines) {
      if (state === "not_created") continue;
      if (state !== "running") {
        await vagrantLines(settings, ["up", "--no-provision", name], () => {});
        remark(`${name} runs again`);
      } else if (await endPartition(settings, name)) {
        remark(`${name} is connected again`);
      }
    }
  }
  return playground;
}
