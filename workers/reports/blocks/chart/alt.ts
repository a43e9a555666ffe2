import type { ChartBlock } from '../../input/chart.ts';
import { stackOf } from '../../input/chart-look.ts';
import type { Messages } from '../../locales/messages.ts';
import { createFormatter } from '../../text/formats.ts';

const NAMES: Record<ChartBlock['chart'], keyof Messages> = {
  bar: 'barChart',
  stackedBar: 'barChart',
  line: 'lineChart',
  area: 'areaChart',
  pie: 'pieChart',
};

/** Returns the text in place of a chart: its own `alt`, or its sort, its title, the ends of each series, and the lines across. */
export function describeChart(chart: ChartBlock, locale: string, messages: Messages): string {
  if (chart.alt) return chart.alt;
  const format = createFormatter(chart.format ?? 'number', locale);
  const right = createFormatter(chart.rightFormat ?? 'number', locale);
  const head = chart.title ? `${messages[NAMES[chart.chart]]}: ${chart.title}.` : `${messages[NAMES[chart.chart]]}.`;
  const sentences = chart.series.map(({ name, values, axis }) => {
    const known = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
    const [first] = known;
    const before = name ? `${name}: ` : '';
    if (!first) return `${before}${messages.noData}.`;
    const low = known.reduce((least, one) => (one.value < least.value ? one : least), first);
    const high = known.reduce((most, one) => (one.value > most.value ? one : most), first);
    const tell = (word: string, { value, index }: typeof first) =>
      `${word} ${(axis === 'right' ? right : format)(value).text} (${chart.categories[index] ?? ''})`;
    return `${before}${tell(messages.lowest, low)}, ${tell(messages.highest, high)}.`;
  });
  const across = stackOf(chart) === 'percent' ? createFormatter('percent', locale) : format;
  const lines = chart.lines.map(({ value, label }) => `${label ? `${label}: ` : ''}${across(value).text}.`);
  return [head, ...sentences, ...lines].join(' ');
}
