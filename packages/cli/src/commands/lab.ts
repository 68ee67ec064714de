import { userInfo } from "node:os";
import { resolve } from "node:path";
import { changeProgress, findLab, nextLab, reportPage, resetFolder, withReset, writeReport } from "@drydock/labs";
import { Command } from "commander";
import { type CheckCommandOptions, checkLab } from "../lab/check.ts";
import type { LabClusterFlags } from "../lab/cluster.ts";
import { type CourseOptions, chosenLab, folderOf, openCourse } from "../lab/course.ts";
import { type GradeOptions, gradeFolders } from "../lab/grade.ts";
import { nextHint } from "../lab/hint.ts";
import { printList } from "../lab/list.ts";
import { showSolution } from "../lab/solution.ts";
import { startLab } from "../lab/start.ts";
import { nextText, printStatus } from "../lab/status.ts";
import { watchLab } from "../lab/watch.ts";
import { print, remark } from "../output/print.ts";

/** -o is an option of every command. */
function outputOf(action: Command): { output?: string } {
  const { output } = action.optsWithGlobals<{ output?: string }>();
  return output === undefined ? {} : { output };
}

type Options = CheckCommandOptions & { again?: boolean; yes?: boolean; file?: string; learner?: string };

export function labCommand(): Command {
  const lab = new Command("lab").addHelpText(
    "after",
    `
Examples:
  drydock lab list
  drydock lab start process-inspector
  drydock lab watch
  drydock lab hint

Without a name, commands are about the lab that you work on. A lab goes by its id, its number (02.1), or the beginning of its id.
Your files and progress are in ~/drydock-labs (--home, DRYDOCK_LABS_HOME).
`,
  );
  const command = (name: string, description: string): Command =>
    lab
      .command(name)
      .description(description)
      .hook("preAction", (_parent, action) => {
        // -o json is what other commands take.
        if (action.optsWithGlobals().output === "json") action.setOptionValue("json", true);
      })
      .option("--home <dir>", "where your labs are (default: ~/drydock-labs, DRYDOCK_LABS_HOME)");
  const json = (one: Command): Command => one.option("--json", "print JSON");
  const checking = (one: Command): Command =>
    json(one)
      .option("--folder <dir>", "check the files in this folder instead of your own")
      .option("--vm", "in the lab VM: a kernel and cgroup v2 of its own")
      .option("--no-record", "leave the progress as it is");

  json(command("list", "the map of all labs with your progress")).action(async (options: Options) =>
    printList(await openCourse(options), options.json ?? false),
  );
  json(command("start <lab>", "begin a lab, or go on with it: copies its files to your folder"))
    .option("--vm", "check it in the lab VM")
    .action(async (name: string, options: Options) => {
      const course = await openCourse(options);
      await startLab(course, findLab(course.labs, name), options);
    });
  checking(command("check [lab]", "say of each step whether it is done; exit code 0 when all are")).action(
    async (name: string | undefined, options: Options) => {
      const course = await openCourse(options);
      await checkLab(course, chosenLab(course, name), options);
    },
  );
  checking(command("watch [lab]", "check again on every save")).action(
    async (name: string | undefined, options: Options) => {
      const course = await openCourse(options);
      await watchLab(course, chosenLab(course, name), options);
    },
  );
  command("hint [lab]", "the next hint")
    .option("--again", "those that were shown already")
    .action(async (name: string | undefined, options: Options) => {
      const course = await openCourse(options);
      await nextHint(course, chosenLab(course, name), options);
    });
  command("reset <lab>", "begin anew; your files are moved aside, never deleted")
    .option("--folder <dir>", "this folder instead of your own")
    .action(async (name: string, options: Options) => {
      const course = await openCourse(options);
      const chosen = findLab(course.labs, name);
      const folder = folderOf(course, chosen, options);
      const aside = await resetFolder(folder, chosen);
      await changeProgress(course.home, (progress) => withReset(progress, chosen.id));
      remark(aside ? `your files are in ${aside} now` : "there was nothing yet");
      print(`${chosen.id} is as at the beginning: ${folder}`);
    });
  command("solution [lab]", "one way to do it, after a try")
    .option("--yes", "before a try, too")
    .action(async (name: string | undefined, options: Options) => {
      const course = await openCourse(options);
      await showSolution(course, chosenLab(course, name), options);
    });
  json(command("status [lab]", "where you are in a lab")).action(async (name: string | undefined, options: Options) => {
    const course = await openCourse(options);
    printStatus(course, chosenLab(course, name), options);
  });
  json(command("next", "how to go on with the course")).action(async (options: CourseOptions & { json?: boolean }) => {
    const course = await openCourse(options);
    const next = nextLab(course.labs, course.progress);
    print(options.json ? JSON.stringify({ lab: next?.id ?? null }) : nextText(course));
  });
  lab
    .command("cluster [command...]")
    .description("a control plane of which parts may be left out, until Ctrl-C or while a command runs")
    .option("--without <parts>", "left out, separated by commas: scheduler, controllers, or a controller as workload")
    .option("--nodes <number>", "nodes that report what a node would, and run nothing", "0")
    .addHelpText(
      "after",
      `
Examples:
  drydock lab cluster --without scheduler --nodes 2
  drydock lab cluster --without workload --nodes 1 -- node reconciler.ts
`,
    )
    .action(async (words: string[], flags: LabClusterFlags) => {
      const { runLabCluster } = await import("../lab/cluster.ts");
      await runLabCluster(words, flags);
    });
  json(command("grade <lab> <folder...>", "check what many have handed in; exit code 0 when all pass"))
    .option("--jobs <n>", "so many at the same time (default: one for each processor)")
    .option("--vm", "in the lab VM")
    .addHelpText(
      "after",
      `
Examples:
  drydock lab grade process-inspector handed-in/*            a table, one line for each folder
  drydock lab grade process-inspector handed-in/* -o csv     for a spreadsheet
  drydock lab grade all handed-in/* -o json                  every lab that is in homes (~/drydock-labs) that were handed in

A folder holds the files of the lab, or is a whole home. Nothing of your own progress changes. Each is checked as "check" does it: in a sandbox of its own.
`,
    )
    .action(async (name: string, folders: string[], options: GradeOptions, action: Command) => {
      const course = await openCourse(options);
      await gradeFolders(course, name, folders, { ...options, ...outputOf(action) });
    });
  command("report", "one HTML page of your progress, to be handed in")
    .option("-f, --file <file>", "where to write it", "drydock-labs.html")
    .option("--learner <name>", "the name on it (default: your user name)")
    .action(async (options: Options) => {
      const { labs, progress } = await openCourse(options);
      const file = resolve(options.file ?? "drydock-labs.html");
      const learner = options.learner ?? userInfo().username;
      await writeReport(file, reportPage({ learner, labs, progress, made: new Date() }));
      print(`written: ${file}`);
    });
  return lab;
}
