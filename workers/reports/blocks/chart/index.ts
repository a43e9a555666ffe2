import { parseLength } from '../../../../src/fields/length.ts';
import { writeDates } from '../../dates/write-dates.ts';
import type { ChartBlock, InputChart } from '../../input/chart.ts';
import { axisOf, stackOf } from '../../input/chart-look.ts';
import type { Fragment } from '../../layout/fragment.ts';
import { drawLine } from '../../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../../layout/style.ts';
import type { Box } from '../../pdf/box.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { cleanText } from '../../text/clean-text.ts';
import { createFormatter } from '../../text/formats.ts';
import type { Line } from '../../text/lines.ts';
import { type BlockSetting, breakText, measureAt } from '../setting.ts';
import { linesToFragments } from '../text.ts';
import { describeChart } from './alt.ts';
import { LABEL_SIZE } from './axes/category-axis.ts';
import { drawLegend, LEGEND_LEADING, planLegend } from './legend.ts';
import { planBars, planStackedBars } from './marks/bars.ts';
import { planAreas, planLines } from './marks/lines.ts';
import { planPie } from './marks/pie.ts';
import type { ChartSetting } from './plot.ts';
import { boxPath, drawShapes, type Shape } from './shape.ts';
import { showChart } from './shown.ts';
import { sidewaysHeight } from './sideways.ts';
import { valueWriters } from './value-label.ts';

type Plan = (chart: ChartBlock, area: Box, setting: ChartSetting) => Shape[];

const PLANS: Record<ChartBlock['chart'], Plan> = {
  bar: planBars,
  stackedBar: planStackedBars,
  line: planLines,
  area: planAreas,
  pie: planPie,
};

const TITLE = { ...TYPE.small, color: COLORS.muted, bold: true };
const TITLE_GAP = 5;
/** A drawing lower than this shows nothing. */
const LOWEST = 60;

/** Texts that can be printed on one line. */
const cleanLine = (text: string): string => cleanText(text).replaceAll(/\s+/g, ' ').trim();

function cleanChart(chart: ChartBlock): ChartBlock {
  return {
    ...chart,
    categories: chart.categories.map(cleanLine),
    series: chart.series.map((one) => ({ ...one, name: cleanLine(one.name) })),
    lines: chart.lines.map((line) => ({ ...line, label: cleanLine(line.label) })),
  };
}

const numbersOf = ({ series }: ChartBlock): number[] =>
  series.flatMap(({ values }) => values.filter((value) => value !== null));

function chartSetting(chart: ChartBlock, setting: BlockSetting): ChartSetting {
  const { locale } = setting;
  const measureRun = measureAt(setting, LABEL_SIZE);
  const format = createFormatter(chart.format ?? 'number', locale);
  const share = createFormatter('percent', locale);
  return {
    locale,
    measure: (text) => measureRun(text, {}),
    writeDates: (times, unit) => writeDates(times, unit, setting),
    write: (value) => format(value).text,
    writers: valueWriters(numbersOf(chart), chart.format, locale),
    share: (part) => share(Math.round(part * 1000) / 1000).text,
  };
}

/** Stands behind the name of a series that is read at the right. */
const AT_RIGHT = ' →';

/** The names of the series; a pie lists its slices itself, and a single series is named where it has a name. */
function legendOf({ chart, series }: ChartBlock): string[] {
  const names = series.map((one) => (axisOf(one) === 'right' ? `${one.name}${AT_RIGHT}` : one.name));
  return chart === 'pie' || (names.length === 1 && names[0] === '') ? [] : names;
}

/** A chart without a number says so, instead of showing an axis of nothing. */
function planChart(chart: ChartBlock, area: Box, own: ChartSetting, { messages }: BlockSetting): Shape[] {
  const isStacked = chart.chart === 'bar' && stackOf(chart) !== 'none';
  if (numbersOf(chart).length > 0) return PLANS[isStacked ? 'stackedBar' : chart.chart](chart, area, own);
  const baseline = area.y + area.height / 2;
  const look = { size: TYPE.body.size, color: COLORS.muted, align: 'center' as const };
  return [
    { kind: 'path', path: boxPath(area), fill: COLORS.card },
    { kind: 'label', text: messages.noData, x: area.width / 2, baseline, ...look },
  ];
}

/** What stands below a chart: that it shows a part of its rows. */
function layoutNote(note: string, width: number, setting: BlockSetting): Fragment[] {
  const look = { ...TYPE.small, color: COLORS.muted };
  return [
    ...linesToFragments(breakText(note, width, measureAt(setting, look.size)), look, { gap: 2, tag: { role: 'P' } }),
  ];
}

const DEFAULT_HEIGHT = '70mm';

/** The height that was asked for; bars on their side are as high as their names need. */
const heightOf = (chart: ChartBlock): number =>
  chart.horizontal && chart.height === undefined
    ? sidewaysHeight(chart)
    : (parseLength(chart.height ?? DEFAULT_HEIGHT) ?? 200);

/** What was noticed of a chart's rows, and of values that its axis has no place for. */
function tell(
  block: InputChart,
  leftOut: number,
  { locale, messages }: BlockSetting,
): Required<Pick<ChartBlock, 'warnings' | 'notes'>> {
  const { warnings = [], notes = [] } = block as Partial<ChartBlock>;
  if (leftOut === 0) return { warnings, notes };
  const named = block.title ? `The chart "${block.title}"` : 'A chart';
  const count = leftOut === 1 ? '1 value is' : `${leftOut.toLocaleString('en')} values are`;
  const message = `${named} has a logarithmic scale: ${count} not above 0, and left out of it.`;
  const note = messages.notPositive.replace('{count}', new Intl.NumberFormat(locale).format(leftOut));
  return { warnings: [...warnings, { code: 'not_positive', message }], notes: [...notes, note] };
}

/** A chart with its title and legend, as one fragment: it is never divided, and never higher than a page. */
export function layoutChart(block: InputChart, width: number, setting: BlockSetting): Fragment[] {
  const { categories, series } = block;
  // Rows are counted before anything is laid out.
  if (!categories || !series) return [];
  const asked = cleanChart({ ...block, categories, series });
  const { chart, leftOut } = showChart(asked);
  const own = chartSetting(chart, setting);
  const { bodyHeight } = setting;
  const titleLines: Line[] = chart.title
    ? breakText(chart.title, width, measureAt(setting, TITLE.size, true)).slice(0, 4)
    : [];
  const titleHeight = titleLines.length === 0 ? 0 : titleLines.length * TITLE.leading + TITLE_GAP;
  const most = Math.floor((bodyHeight - titleHeight - LOWEST) / LEGEND_LEADING);
  const legend = planLegend(legendOf(chart), width, own.measure, Math.max(1, most));
  const top = titleHeight + (legend.height === 0 ? 0 : legend.height + 4);
  const height = Math.min(heightOf(chart), bodyHeight - top);
  const area = { x: 0, y: top, width, height };
  const tag: Tag = { role: 'Figure', alt: describeChart(asked, setting.locale, setting.messages) };
  const { warnings, notes } = tell(block, leftOut, setting);
  const shapes = [...drawLegend(legend, titleHeight, chart), ...planChart(chart, area, own, setting)];
  return [
    {
      height: top + height,
      gap: BLOCK_GAP + 3,
      draw(canvas, x, y) {
        for (const { code, message } of warnings) canvas.warn(code, message);
        const draw = () => {
          for (const [index, line] of titleLines.entries())
            drawLine(canvas, line, { x, y: y + index * TITLE.leading }, TITLE);
          drawShapes(canvas, shapes, { x, y, width });
        };
        canvas.tagged(tag, draw, { x, y, width, height: top + height });
      },
      keep: notes.length > 0,
    },
    ...notes.flatMap((note) => layoutNote(note, width, setting)),
  ];
}
