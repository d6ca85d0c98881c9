/** How much of a figure is run: all of it, or as much as tells whether it still works. */
export type Size = { quick: boolean; rounds: number };

/** A table with what is to be said of it, and whether each goal in it was reached. */
export type Figure = { title: string; columns: string[]; rows: string[][]; goals: Goal[]; notes: string[] };

/** `must` or `aim` is null where there is no such goal. */
export type Goal = {
  what: string;
  got: number;
  must: number | null;
  aim: number | null;
  unit: string;
  least: boolean;
};

/** A goal that a figure must not fall below (`least`) or not exceed. */
export function goal(
  what: string,
  got: number,
  must: number | null,
  aim: number | null,
  unit = '',
  least = false,
): Goal {
  return { what, got, must, aim, unit, least };
}

/** Does rounds of all contenders, one after another, so that what else the machine does falls on all of them. */
export async function inRounds<T>(
  rounds: number,
  contenders: Record<string, () => Promise<T>>,
  say: (text: string) => void,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const [name, contend] of Object.entries(contenders)) {
      say(`round ${round} of ${rounds}: ${name}`);
      const result = await contend();
      results[name] = [...(results[name] ?? []), result];
    }
  }
  return results;
}
