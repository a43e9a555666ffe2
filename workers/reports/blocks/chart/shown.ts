import type { ChartBlock, Series } from '../../input/chart.ts';
import { stackOf } from '../../input/chart-look.ts';

/** A chart as it is drawn, and how many of its values are not. */
export interface ShownChart {
  chart: ChartBlock;
  leftOut: number;
}

/** Each value as a part of its category's sum; of nothing each is nothing. */
function toShares(series: readonly Series[], categories: readonly string[]): Series[] {
  const sums = categories.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const share = (value: number | null, at: number): number | null => {
    const sum = sums[at] ?? 0;
    return value === null || sum === 0 ? value : value / sum;
  };
  return series.map((one) => ({ ...one, values: one.values.map(share) }));
}

/** Bars of a chart of lines stand behind them, as in a chart of bars; each series knows what it is drawn as. */
function nameSorts(chart: ChartBlock): ChartBlock {
  const isLine = chart.chart === 'line';
  if (!isLine && chart.chart !== 'bar' && chart.chart !== 'stackedBar') return chart;
  const series = chart.series.map((one): Series => ({ ...one, chart: one.chart ?? (isLine ? 'line' : 'bar') }));
  const hasBars = series.some((one) => one.chart === 'bar');
  return { ...chart, chart: hasBars ? (isLine ? 'bar' : chart.chart) : 'line', series };
}

/**
 * A chart as its axis shows it: as parts of the whole where it is stacked to those; on a logarithmic scale without
 * values that have no place there.
 */
export function showChart(asked: ChartBlock): ShownChart {
  const chart = nameSorts(asked);
  const { series, categories } = chart;
  if (stackOf(asked) === 'percent') {
    const parts = series.filter((one) => one.chart !== 'line');
    const shares = toShares(parts, categories);
    const own = series.map((one) => shares[parts.indexOf(one)] ?? one);
    return { chart: { ...chart, format: 'percent', series: own }, leftOut: 0 };
  }
  if (chart.scale !== 'log') return { chart, leftOut: 0 };
  const isOn = (value: number | null) => value === null || value > 0;
  const leftOut = series.reduce((sum, { values }) => sum + values.filter((value) => !isOn(value)).length, 0);
  const kept = series.map((one) => ({ ...one, values: one.values.map((value) => (isOn(value) ? value : null)) }));
  return { chart: { ...chart, series: kept }, leftOut };
}
