import { describe, expect, it } from '@jest/globals';
import { describeChart } from '../../../../workers/reports/blocks/chart/alt.ts';
import { createLogAxis, domainOfPowers } from '../../../../workers/reports/blocks/chart/axes/value-axis.ts';
import { planBars, planStackedBars } from '../../../../workers/reports/blocks/chart/marks/bars.ts';
import { planLines } from '../../../../workers/reports/blocks/chart/marks/lines.ts';
import { PALETTE } from '../../../../workers/reports/blocks/chart/palette.ts';
import type { ChartSetting } from '../../../../workers/reports/blocks/chart/plot.ts';
import type { LabelShape, Shape } from '../../../../workers/reports/blocks/chart/shape.ts';
import { showChart } from '../../../../workers/reports/blocks/chart/shown.ts';
import { sidewaysHeight } from '../../../../workers/reports/blocks/chart/sideways.ts';
import type { ChartBlock } from '../../../../workers/reports/input/chart.ts';
import { messagesFor } from '../../../../workers/reports/locales/index.ts';

const AREA = { x: 0, y: 0, width: 480, height: 150 };
const setting: ChartSetting = {
  locale: 'en-GB',
  measure: (text) => text.length * 4,
  writeDates: (times) => times.map(String),
  write: String,
  share: String,
  writers: [String],
};

function chartOf(fields: Partial<ChartBlock>): ChartBlock {
  const look = { donut: false, horizontal: false, scale: 'linear' as const, lines: [] };
  const categories = ['a', 'b', 'c'];
  return { type: 'chart', chart: 'bar', ...look, categories, series: [{ name: '', values: [10, 20, -5] }], ...fields };
}

/** The boxes of the bars of a series. */
function boxesOf(shapes: Shape[], series = 0) {
  const own = shapes.find((shape) => shape.kind === 'path' && shape.fill === PALETTE[series]);
  const paths = (own?.kind === 'path' ? own.path : '').matchAll(/M([\d.-]+),([\d.-]+)H([\d.-]+)V([\d.-]+)/g);
  return [...paths].map((match) => {
    const [x = 0, y = 0, right = 0, bottom = 0] = match.slice(1).map(Number);
    return { x, y, width: right - x, height: bottom - y };
  });
}

const labelsOf = (shapes: Shape[]): LabelShape[] => shapes.filter((shape) => shape.kind === 'label');
const dashedOf = (shapes: Shape[]) =>
  shapes.flatMap((shape) => (shape.kind === 'path' && shape.dash?.join() === '5,3' ? [shape.path] : []));

describe('bars on their side', () => {
  it('are as long as their values, the first at the top, negative ones to the left', () => {
    const [first, second, third] = boxesOf(planBars(chartOf({ horizontal: true }), AREA, setting));
    expect((second?.width ?? 0) / (first?.width ?? 1)).toBeCloseTo(2, 1);
    expect(third?.x).toBeLessThan(first?.x ?? 0);
    expect((third?.x ?? 0) + (third?.width ?? 0)).toBeCloseTo(first?.x ?? 0, 1);
    expect(second?.y).toBeGreaterThan((first?.y ?? 0) + (first?.height ?? 0));
  });

  it('names: end at the bars, in their own row; values: stand beside the bars', () => {
    const labels = labelsOf(planBars(chartOf({ horizontal: true }), AREA, setting));
    const [first] = boxesOf(planBars(chartOf({ horizontal: true }), AREA, setting));
    const name = labels.find(({ text }) => text === 'a');
    const value = labels.find(({ text, align }) => text === '10' && align === undefined);
    expect(name?.x).toBeLessThan(first?.x ?? 0);
    expect(value?.x).toBeCloseTo((first?.x ?? 0) + (first?.width ?? 0) + 3, 1);
    expect(name?.baseline).toBeCloseTo(value?.baseline ?? 0, 1);
  });

  it('without a height: are as high as their names need', () => {
    const many = Array.from({ length: 40 }, (_, index) => `Product ${index}`);
    const chart = chartOf({ horizontal: true, categories: many, series: [{ name: '', values: many.map(() => 1) }] });
    const height = sidewaysHeight(chart);
    const names = labelsOf(planBars(chart, { ...AREA, height }, setting)).filter(({ text }) =>
      text.startsWith('Product'),
    );
    expect(names).toHaveLength(40);
    expect((names[1]?.baseline ?? 0) - (names[0]?.baseline ?? 0)).toBeGreaterThan(9);
  });
});

describe('parts of a whole', () => {
  const series = [
    { name: 'x', values: [1, 30, 0] },
    { name: 'y', values: [3, 10, 0] },
  ];

  it('each category is as long as the others; one that comes to nothing has no bar', () => {
    const { chart } = showChart(chartOf({ stack: 'percent', series }));
    expect(chart).toMatchObject({
      format: 'percent',
      series: [{ values: [0.25, 0.75, 0] }, { values: [0.75, 0.25, 0] }],
    });
    for (const horizontal of [false, true]) {
      const shapes = planStackedBars({ ...chart, horizontal }, AREA, setting);
      const lengths = [0, 1].map((index) =>
        boxesOf(shapes, index).map(({ width, height }) => (horizontal ? width : height)),
      );
      const [whole, other] = [0, 1].map((category) => (lengths[0]?.[category] ?? 0) + (lengths[1]?.[category] ?? 0));
      expect(whole).toBeCloseTo(other ?? 0, 1);
      expect(lengths[0]).toHaveLength(2);
    }
  });
});

describe('bars and lines in one chart', () => {
  it.each([
    ['bar', 'line'],
    ['line', 'bar'],
  ] as const)('a chart of %s with a series that is a %s: both on one axis', (sort, other) => {
    const own = { name: 'own', values: [10, 20, 30] };
    const { chart } = showChart(
      chartOf({ chart: sort, series: [own, { name: 'other', values: [5, 40, 15], chart: other }] }),
    );
    const bars = sort === 'bar' ? 0 : 1;
    const shapes = planBars(chart, AREA, setting);
    expect(chart.chart).toBe('bar');
    expect(boxesOf(shapes, bars)).toHaveLength(3);
    const line = shapes.find(
      (shape) => shape.kind === 'path' && shape.stroke === PALETTE[1 - bars] && shape.width === 1.7,
    );
    const points = (line?.kind === 'path' ? line.path : '')
      .match(/[\d.]+,[\d.]+/g)
      ?.map((point) => point.split(',').map(Number));
    const [, [, y = 0] = []] = points ?? [];
    const box = boxesOf(shapes, bars)[1];
    // The second value of both, 20 and 40, from the same zero.
    const zero = (box?.y ?? 0) + (box?.height ?? 0);
    const ratio = (zero - y) / (box?.height ?? 1);
    expect(ratio).toBeCloseTo(sort === 'bar' ? 2 : 0.5, 1);
  });
});

describe('lines across', () => {
  it('stand at their value, with name and value, also beyond all bars', () => {
    const lines = [
      { value: 10, label: 'Budget' },
      { value: 50, label: '' },
    ];
    const shapes = planBars(chartOf({ lines, series: [{ name: '', values: [10, 20, 5] }] }), AREA, setting);
    const [first = ''] = dashedOf(shapes);
    expect(Number(/,([\d.]+)/.exec(first)?.[1])).toBeCloseTo(boxesOf(shapes)[0]?.y ?? 0, 1);
    expect(labelsOf(shapes).map(({ text }) => text)).toEqual(expect.arrayContaining(['Budget 10', '50']));
    expect(dashedOf(shapes)).toHaveLength(2);
  });

  it('along lines that lie far from zero, and on bars on their side: inside the drawing', () => {
    const lines = [{ value: 120, label: 'Goal' }];
    const series = [{ name: '', values: [90, 92, 95] }];
    const [across = ''] = dashedOf(planLines(chartOf({ chart: 'line', lines, series }), AREA, setting));
    expect(Number(/,([\d.]+)/.exec(across)?.[1])).toBeGreaterThanOrEqual(0);
    const [upright = ''] = dashedOf(planBars(chartOf({ horizontal: true, lines, series }), AREA, setting));
    expect(Number(/M([\d.]+)/.exec(upright)?.[1])).toBeLessThanOrEqual(480);
  });

  it('names of lines that lie close together: do not touch', () => {
    const lines = [
      { value: 20, label: 'One' },
      { value: 20.1, label: 'Two' },
    ];
    const names = labelsOf(planBars(chartOf({ lines }), AREA, setting)).filter(({ text }) => /One|Two/.test(text));
    expect(Math.abs((names[0]?.x ?? 0) - (names[1]?.x ?? 0))).toBeGreaterThan(setting.measure('One 20'));
  });
});

describe('the text in place of a chart', () => {
  it('has the ends of each series, and the lines across', () => {
    const lines = [{ value: 8, label: 'Budget' }];
    const chart = chartOf({ title: 'Sales', lines, series: [{ name: '', values: [10, null, -5] }] });
    expect(describeChart(chart, 'en-GB', messagesFor('en'))).toBe(
      'Bar chart: Sales. lowest -5 (c), highest 10 (a). Budget: 8.',
    );
  });
});

describe('a logarithmic axis', () => {
  it('powers of ten: at even distances, from below the lowest value to above the highest', () => {
    expect(domainOfPowers([3, 4000])).toEqual([1, 10_000]);
    expect(domainOfPowers([1, 1000])).toEqual([0.1, 1000]);
    const { ticks, scale } = createLogAxis([1, 10_000], 170, undefined, 'en-GB');
    expect(ticks.map(({ text }) => text)).toEqual(['1', '10', '100', '1,000', '10,000']);
    expect(scale(10) - scale(100)).toBeCloseTo(scale(1) - scale(10), 5);
  });

  it('bars: ten times as much is one step more, and every value has a bar', () => {
    const series = [{ name: '', values: [1, 10, 100] }];
    const [one, ten, hundred] = boxesOf(planBars(chartOf({ scale: 'log', series }), AREA, setting)).map(
      ({ height }) => height,
    );
    expect(one).toBeGreaterThan(1);
    expect((hundred ?? 0) - (ten ?? 0)).toBeCloseTo((ten ?? 0) - (one ?? 0), 1);
  });

  it('0 and what is below: are left out, and counted', () => {
    const { chart, leftOut } = showChart(chartOf({ scale: 'log', series: [{ name: '', values: [0, 20, -5] }] }));
    expect([chart.series[0]?.values, leftOut]).toEqual([[null, 20, null], 2]);
  });
});
