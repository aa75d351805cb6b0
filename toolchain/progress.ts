import { Listr, ListrLogger, ListrLogLevels, PRESET_TIMER, ProcessOutput, type ListrTask } from "listr2";
import { isActionable, UserError } from "./errors.ts";

const LOG_EVERY_MS = 30_000;

/** A compiler names a thousand packages: good for a line that is overwritten, not for a log of lines. */
export function nowAndThen(
  show: (activity: string) => void,
  clock: () => number = Date.now,
): (activity: string) => void {
  let last = clock();
  return (activity) => {
    if (clock() - last < LOG_EVERY_MS) return;
    last = clock();
    show(activity);
  };
}

/** One step a person waits for. */
export interface Step {
  readonly title: string;
  /** Does the work; `report` shows a line of what goes on: each one on a terminal, now and then in a log. */
  readonly run: (report: (activity: string) => void) => Promise<void>;
}

/**
 * Runs steps, `atOnce` of them together, and shows each with the time it took. All of it goes to stderr:
 * stdout belongs to results. A step that fails lets the others end, then its error is thrown: what it says stands there, once.
 * @throws the error of the one step that failed, or UserError `steps-failed` with what each of several says
 */
export async function runSteps(steps: readonly Step[], atOnce: number): Promise<void> {
  const failures: { title: string; error: unknown }[] = [];
  const tasks: ListrTask[] = steps.map(({ title, run }) => ({
    title,
    task: (_context, task) => {
      const show = (activity: string): void => {
        task.output = activity;
      };
      return run(process.stderr.isTTY ? show : nowAndThen(show)).catch((error: unknown) => {
        failures.push({ title, error });
        throw error;
      });
    },
  }));
  const logger = new StepLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const list = process.stderr.isTTY
    ? new Listr(tasks, {
        concurrent: atOnce,
        exitOnError: false,
        collectErrors: "minimal",
        renderer: "default",
        rendererOptions: { timer: PRESET_TIMER, logger, collapseErrors: true, showErrorMessage: false },
      })
    : new Listr(tasks, {
        concurrent: atOnce,
        exitOnError: false,
        collectErrors: "minimal",
        renderer: "simple",
        rendererOptions: { timer: PRESET_TIMER, logger },
      });
  await list.run();
  if (failures.length > 0) throw together(failures);
}

/** Says that a step failed, and not why: its error does. */
class StepLogger extends ListrLogger {
  override log(...[level, message, options]: Parameters<ListrLogger["log"]>): void {
    super.log(level, message, level === ListrLogLevels.FAILED ? undefined : options);
  }
}

/** The error of the steps that failed; a mistake of ours goes before what a person can act on. */
function together(failures: readonly { title: string; error: unknown }[]): unknown {
  const [first] = failures;
  const ours = failures.find(({ error }) => !isActionable(error));
  if (ours !== undefined || failures.length === 1) return (ours ?? first)?.error;
  return new UserError(
    "steps-failed",
    failures.map(({ title, error }) => `${title}: ${(error as Error).message}`).join("\n\n"),
  );
}
