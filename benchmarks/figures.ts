/** What was measured, and how it is shown. */
export interface Figure {
  readonly name: string;
  readonly unit: "s" | "ms" | "×" | "MiB" | "req/s";
  /** One value per repetition. */
  readonly values: readonly number[];
  /** What the figure includes and what not. */
  readonly includes: string;
}

export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Least, middle and greatest value; of an even number of values the middle is between two. */
export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, max: at(sorted.length - 1) };
}

/** `numerator` over `denominator`, repetition by repetition. */
export function ratio(name: string, numerator: Figure, denominator: Figure, includes: string): Figure {
  return {
    name,
    unit: "×",
    values: numerator.values.map((value, run) => value / (denominator.values[run] ?? Number.NaN)),
    includes,
  };
}

/** The figures as one aligned table: names left, numbers right. What was measured once has one number. */
export function table(figures: readonly Figure[]): string {
  const rows = [["", "min", "median", "max", "runs", "includes"], ...figures.map(row)];
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const last = widths.length - 1;
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => {
          if (column === last) return cell;
          return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function row({ name, unit, values, includes }: Figure): string[] {
  const { min, median, max } = summary(values);
  const show = (value: number): string => `${value.toFixed(digits(unit, value))} ${unit}`;
  const once = values.length === 1;
  return [name, once ? "" : show(min), show(median), once ? "" : show(max), String(values.length), includes];
}

/** After the point: as many as tell two runs apart. */
function digits(unit: Figure["unit"], value: number): number {
  if (unit === "MiB" || unit === "req/s") return 0;
  if (unit === "×" || unit === "ms") return 2;
  return value < 10 ? 2 : 1;
}

/** The same for programs. */
export function asJson(machine: object, figures: readonly Figure[]): string {
  return JSON.stringify(
    { machine, figures: figures.map((figure) => ({ ...figure, ...summary(figure.values) })) },
    undefined,
    2,
  );
}
