/** The middle one of several values, the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

/** A value as it is shown: three digits that say something, and no more. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  const decimals = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** The median of several rounds, with the least and the greatest behind it. */
export function spread(values: readonly number[], show: (value: number) => string = shown): string {
  if (values.some(Number.isNaN)) return '';
  const middle = show(median(values));
  return values.length === 1 ? middle : `${middle} (${show(Math.min(...values))}-${show(Math.max(...values))})`;
}

/** The ratio of two series, round by round: each round stands under the same load. */
export function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, at) => value / (others[at] as number));
}
