import type { ChartBlock } from '../../../input/chart.ts';

/** Returns the lower and upper end of each value when those of a category are stacked, below zero downwards. */
export function stackValues({ series, categories }: Pick<ChartBlock, 'series' | 'categories'>): [number, number][][] {
  const above = categories.map(() => 0);
  const below = categories.map(() => 0);
  return series.map(({ values }) =>
    values.map((value, category) => {
      const ends = (value ?? 0) < 0 ? below : above;
      const from = ends[category] ?? 0;
      const to = from + (value ?? 0);
      ends[category] = to;
      return [from, to];
    }),
  );
}
