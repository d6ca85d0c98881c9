/** How much to measure. `quick` only checks that a figure still works. */
export type Size = { quick: boolean; rounds: number };

/** A table with notes and goals. */
export type Figure = { title: string; columns: string[]; rows: string[][]; goals: Goal[]; notes: string[] };

/** Measures one figure. `onProgress` is called before each step. */
export type MeasureFigure = (size: Size, onProgress: (text: string) => void) => Promise<Figure>;

/** A bound of a measured value. `least`: the bounds are minimums, not maximums. `must` or `aim` is null if not set. */
export type Goal = {
  what: string;
  got: number;
  must: number | null;
  aim: number | null;
  unit: string;
  least: boolean;
};

type Bounds = { must?: number | null; aim?: number | null; unit?: string };

/** A goal with upper bounds. */
export function atMost(what: string, got: number, { must = null, aim = null, unit = '' }: Bounds): Goal {
  return { what, got, must, aim, unit, least: false };
}

/** A goal with lower bounds. */
export function atLeast(what: string, got: number, bounds: Bounds): Goal {
  return { ...atMost(what, got, bounds), least: true };
}

/** Runs all contenders of a round one after another, so that other load on the machine affects all of them. */
export async function runRounds<T>(
  rounds: number,
  contenders: Record<string, () => Promise<T>>,
  onProgress: (text: string) => void,
): Promise<(name: string) => T[]> {
  const results: Record<string, T[]> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(contenders)) {
      onProgress(`round ${round} of ${rounds}: ${name}`);
      const result = await measure();
      results[name] = [...(results[name] ?? []), result];
    }
  }
  return (name) => results[name] ?? [];
}
