/** Least and most of a schedule's fields, and names that stand for numbers (robfig/cron's standard parser, which Kubernetes and Longhorn have). */
const FIELDS: readonly { from: number; to: number; names?: readonly string[] }[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] },
  { from: 0, to: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/** Whether a text is a schedule as cron has it: five fields of numbers, ranges, steps and lists, such as "30 1 * * 1-5". */
export function isSchedule(text: string): boolean {
  const fields = text.split(" ");
  return (
    fields.length === FIELDS.length &&
    FIELDS.every((field, place) => fields[place]!.split(",").every((part) => isPart(part, field)))
  );
}

function isPart(part: string, { from, to, names = [] }: (typeof FIELDS)[number]): boolean {
  const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(part);
  if (match === null) return false;
  const [, first, last, step] = match;
  const valueOf = (word: string): number =>
    names.includes(word.toLowerCase())
      ? names.indexOf(word.toLowerCase()) + from
      : /^\d{1,2}$/.test(word)
        ? Number(word)
        : NaN;
  const start = first === undefined ? from : valueOf(first),
    end = last === undefined ? start : valueOf(last);
  return start >= from && start <= end && end <= to && step !== "0" && step !== "00";
}
