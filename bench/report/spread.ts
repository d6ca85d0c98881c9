/** The median. For an even count, the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

/** Formats a value with three significant digits. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  const decimals = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** The median of several rounds, followed by the minimum and the maximum. */
export function spread(values: readonly number[], format: (value: number) => string = shown): string {
  if (values.some(Number.isNaN)) return '';
  const middle = format(median(values));
  return values.length === 1 ? middle : `${middle} (${format(Math.min(...values))}-${format(Math.max(...values))})`;
}

/** The ratios of two series, round by round, because each round runs under the same load. */
export function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, at) => value / (others[at] as number));
}
