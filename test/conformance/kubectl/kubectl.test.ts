import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathExists } from "@drydock/kit";
import t from "tap";
import { startControlPlane } from "./control-plane.ts";
import { normalise } from "./normalise.ts";
import { formatTranscript, parseTranscript } from "./transcript.ts";

/**
 * Runs every transcript in transcripts/ with the real kubectl against a live API server. Each starts in a namespace of its own.
 * DRYDOCK_KUBECTL names another binary; UPDATE=1 writes what came out into the transcripts, to be read before it is committed.
 */
const here = import.meta.dirname;
const binary = process.env.DRYDOCK_KUBECTL ?? (await firstInPath("kubectl"));
const only = process.argv[2];
/** Nodes and definitions are in no namespace: who lists all of them must have the server alone. */
const wantAll = ["nodes.txt", "custom-resources.txt"];

if (binary === undefined) {
  t.pass("skipped", { skip: "kubectl is not installed: npm run setup installs it" });
} else {
  // Each transcript has its own namespace, and kubectl waits more than it works.
  t.jobs = 3;
  const plane = await startControlPlane();
  t.teardown(() => plane.close());
  const bin = join(plane.directory, "bin");
  await mkdir(bin);
  await symlink(binary, join(bin, "kubectl"));

  const run = (command: string, namespace: string): Promise<{ output: string; exitCode: number }> =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        HOME: plane.directory,
        KUBECONFIG: join(plane.directory, namespace),
      };
      const child = execFile(
        "sh",
        ["-c", `exec 2>&1; ${command}`],
        { cwd: join(here, "manifests"), env, timeout: 30_000 },
        (_error, stdout) => resolve({ output: stdout, exitCode: child.exitCode ?? 255 }),
      );
    });

  const files = (await readdir(join(here, "transcripts"))).filter((file) => !only || file.startsWith(only));
  for (const file of files) {
    t.test(file, { buffered: !wantAll.includes(file), timeout: 120_000 }, async (t) => {
      const namespace = file.replace(/\.txt$/, "");
      const config = await readFile(plane.kubeconfig, "utf8");
      await writeFile(
        join(plane.directory, namespace),
        config.replace('namespace: "default"', `namespace: "${namespace}"`),
        { mode: 0o600 },
      );
      const made = await run(
        `echo '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${namespace}"}}' | kubectl create -f -`,
        namespace,
      );
      t.equal(made.exitCode, 0, made.output);
      const path = join(here, "transcripts", file);
      const steps = parseTranscript(await readFile(path, "utf8"));
      for (const step of steps) {
        const { output, exitCode } = await run(step.command, namespace);
        const seen = { output: normalise(output), exitCode };
        if (process.env.UPDATE) Object.assign(step, seen);
        else t.same(seen, { output: step.output, exitCode: step.exitCode }, `$ ${step.command}`);
      }
      if (process.env.UPDATE) await writeFile(path, formatTranscript(steps));
    });
  }
}

async function firstInPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? "").split(":")) {
    if (directory && (await pathExists(join(directory, name)))) return join(directory, name);
  }
  return undefined;
}
