import { listProcesses, readNamespaces } from "@drydock/linux";
import { shorten } from "../../output/wrap.ts";
import { gone } from "../ended.ts";
import { oneLine } from "../fitted-table.ts";
import { commandText, namespacesApart, type ProcessFacts, readProcess } from "../process-facts.ts";
import type { Report } from "../report.ts";
import { unlessHidden } from "../unless-gone.ts";

export interface ProcessNode extends ProcessFacts {
  /** Kinds of namespaces that it does not share with its parent: a container begins here. */
  entered: string[];
  children: ProcessNode[];
}

interface Seen extends ProcessFacts {
  namespaces: Readonly<Record<string, number>>;
}

/** Parents and children, from one process or from all that have no parent here. */
export function procTree(root: number | undefined, options: { kernel?: boolean }): Report {
  const reader = readNamespaces("self");
  const seen = listProcesses().flatMap((pid): Seen[] => {
    const found = readProcess(pid, reader);
    if (!found || (found.isKernelThread && !options.kernel)) return [];
    return [{ ...found, namespaces: unlessHidden(() => readNamespaces(pid), {}) }];
  });
  const nodes = processTree(seen, root);
  if (root !== undefined && nodes.length === 0) throw gone(root);
  return {
    data: nodes,
    lines: ({ width }) => ["PID AND COMMAND", ...nodes.flatMap((node) => nodeLines(node, "", "", width))],
    why: "[+kinds]: namespaces that a process does not share with its parent. That is all that a container is to the kernel: a process that was started in namespaces of its own.",
  };
}

/** Links processes to trees. One whose parent is not in the list (it has ended, or is outside of this pid namespace) is a root. Pure. */
export function processTree(processes: readonly Seen[], root?: number): ProcessNode[] {
  const nodes = new Map<number, ProcessNode>();
  const namespaces = new Map<number, Readonly<Record<string, number>>>();
  for (const { namespaces: own, ...facts } of processes) {
    nodes.set(facts.pid, { ...facts, entered: [], children: [] });
    namespaces.set(facts.pid, own);
  }
  const roots: ProcessNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.parent);
    if (!parent || parent === node) {
      roots.push(node);
      continue;
    }
    node.entered = namespacesApart(namespaces.get(node.pid) ?? {}, namespaces.get(parent.pid) ?? {});
    parent.children.push(node);
  }
  if (root === undefined) return roots;
  const one = nodes.get(root);
  return one ? [one] : [];
}

function nodeLines(node: ProcessNode, head: string, below: string, width: number): string[] {
  const mark = node.entered.length > 0 ? `[+${node.entered.join(",")}] ` : "";
  const line = shorten(`${head}${node.pid} ${mark}${oneLine(commandText(node))}`, width);
  return [
    line,
    ...node.children.flatMap((child, index) => {
      const isLast = index === node.children.length - 1;
      return nodeLines(child, `${below}${isLast ? "└─" : "├─"}`, `${below}${isLast ? "  " : "│ "}`, width);
    }),
  ];
}
