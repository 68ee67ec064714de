import { listProcesses, readNamespaces } from "@drydock/linux";
import { shorten } from "../output/wrap.ts";
import { oneLine } from "./fitted-table.ts";
import { commandText, readProcess } from "./process-facts.ts";

const descriptionWidth = 60;

/** The processes of this machine as completion offers them: the pid, and after a tab what runs there. */
export function pidCandidates(): string[] {
  const reader = readNamespaces("self");
  return listProcesses().flatMap((pid) => {
    const facts = readProcess(pid, reader);
    if (!facts || facts.isKernelThread) return [];
    return [`${pid}\t${shorten(oneLine(commandText(facts)), descriptionWidth)}`];
  });
}
