import { Command } from "commander";
import { scripts } from "../completion/scripts.ts";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";

export function completionCommand(): Command {
  return new Command("completion")
    .argument("<shell>", Object.keys(scripts).join(", "))
    .addHelpText(
      "after",
      `
Examples:
  source <(drydock completion bash)
  drydock completion zsh > ~/.zfunc/_drydock
  drydock completion fish > ~/.config/fish/completions/drydock.fish
`,
    )
    .action((shell: string) => {
      const script = scripts[shell];
      if (script === undefined) {
        throw failure("CLI_USAGE", `no completion for "${shell}"`, {
          hint: `shells are ${Object.keys(scripts).join(", ")}`,
        });
      }
      print(script);
    });
}
