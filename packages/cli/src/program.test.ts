import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { commandTable } from "./command-table.ts";
import { scripts } from "./completion/scripts.ts";
import { explainText } from "./explain/explain.ts";
import { commandName } from "./parse-program.ts";
import { version } from "./version.ts";

t.test("the command of a command line", async (t) => {
  t.equal(commandName(["get", "pods"]), "get");
  t.equal(commandName(["-n", "team", "--data-dir", "/d", "get"]), "get", "values of global flags are no commands");
  t.equal(commandName(["--namespace=team", "get"]), "get");
  t.equal(commandName(["--version"]), undefined);
});

t.test("every command has a summary and an example in its help", async (t) => {
  for (const [name, { load, summary }] of Object.entries(commandTable)) {
    const command = await load();
    t.equal(command.name(), name);
    t.match(summary, /^[A-Za-z].*[^.]$/, `${name}: one line without a full stop`);
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    t.match(help, /Example/, `${name} --help shows an example`);
  }
});

t.test("the version is that of the package", async (t) => {
  t.equal(version, JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")).version);
});

t.test("completion scripts are programs of their shells", async (t) => {
  t.same(Object.keys(scripts), ["bash", "zsh", "fish"]);
  execFileSync("bash", ["-n"], { input: scripts.bash });
  const script = `${scripts.bash}\ndrydock() { printf 'get\\tlist\\nget-more\\n'; }\nCOMP_WORDS=(drydock ge)\nCOMP_CWORD=1\n_drydock\necho "\${COMPREPLY[*]}"`;
  t.equal(execFileSync("bash", { input: script, encoding: "utf8" }), "get get-more\n");
});

t.test("explain", async (t) => {
  t.match(explainText("wl.spec.replicas", false), /FIELD: replicas <integer>[\s\S]*DEFAULT: 1/);
  t.match(explainText("pods.spec.containers", false), /name\t<string> -required-/);
  t.match(explainText("pod", true), / {6}readinessProbe\t<Probe>/);
  t.throws(() => explainText("podd", false), { code: "CLI_UNKNOWN_KIND", hint: "did you mean pods?" });
  t.throws(() => explainText("pod.spec.containres", false), { code: "CLI_USAGE", hint: /pod\.spec\.containers/ });
});
