/** The values of `runs` repetitions, one after the other. */
export async function repeat<T>(runs: number, once: (run: number) => Promise<T>): Promise<T[]> {
  const values: T[] = [];
  for (let run = 1; run <= runs; run++) values.push(await once(run));
  return values;
}
