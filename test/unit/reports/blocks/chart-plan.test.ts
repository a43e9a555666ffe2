import { describe, expect, it } from '@jest/globals';
import { planCategoryLabels } from '../../../../workers/reports/blocks/chart/axes/category-axis.ts';
import {
  createValueAxis,
  domainFromZero,
  domainOfPoints,
  tickFormatter,
} from '../../../../workers/reports/blocks/chart/axes/value-axis.ts';
import { planLegend } from '../../../../workers/reports/blocks/chart/legend.ts';
import { stackValues } from '../../../../workers/reports/blocks/chart/marks/stack.ts';
import { lookOf } from '../../../../workers/reports/blocks/chart/palette.ts';
import { findWriter, valueWriters } from '../../../../workers/reports/blocks/chart/value-label.ts';

/** Every character is five points wide. */
const measure = (text: string): number => text.length * 5;
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ').replaceAll('−', '-');
const ticksOf = (domain: [number, number], format?: string, locale = 'en-GB', height = 170): string[] =>
  createValueAxis(domain, height, format, locale).ticks.map(({ text }) => plain(text));

describe('the axis of values', () => {
  it.each<[string, [number, number], string | undefined, string, string[]]>([
    ['whole numbers', [0, 9], undefined, 'en-GB', ['0', '2', '4', '6', '8', '10']],
    ['below zero', [-3, 0], undefined, 'en-GB', ['-3', '-2', '-1', '0']],
    [
      'money in thousands',
      [0, 2400],
      'currency:NOK',
      'nb-NO',
      ['0 kr', '500 kr', '1 000 kr', '1 500 kr', '2 000 kr', '2 500 kr'],
    ],
    ['millions', [0, 3e6], undefined, 'en-GB', ['0', '1m', '2m', '3m']],
    ['hundredths of a percent', [0, 0.0003], 'percent', 'en-GB', ['0.00%', '0.01%', '0.02%', '0.03%']],
    ['the tiniest', [0, 3e-8], undefined, 'en-GB', ['0E0', '1E-8', '2E-8', '3E-8']],
    ['all zero', [0, 1], undefined, 'en-GB', ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  ])('%s: round numbers that can be told apart', (_, domain, format, locale, expected) => {
    const height = expected.length > 4 ? 170 : 110;
    expect(ticksOf(domain, format, locale, height)).toEqual(expected);
  });

  it('any values: the ends of the axis hold them, and every tick has a text of its own', () => {
    for (let exponent = -11; exponent <= 15; exponent += 1) {
      const value = 1.7 * 10 ** exponent;
      for (const domain of [domainFromZero([value]), domainFromZero([-value, value / 3])]) {
        const { scale, ticks } = createValueAxis(domain, 170, undefined, 'nb-NO');
        expect(scale(domain[1])).toBeGreaterThanOrEqual(0);
        expect(scale(domain[0])).toBeLessThanOrEqual(170);
        expect(ticks.length).toBeGreaterThan(1);
        expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      }
    }
  });

  it('bytes: their own units', () => {
    expect(plain(tickFormatter([0, 500_000], 'bytes', 'en-GB')(1_500_000))).toBe('1.5 MB');
  });

  it('bars begin at zero; points that lie close together and far from it do not', () => {
    expect(domainFromZero([90, 100])).toEqual([0, 100]);
    expect(domainOfPoints([90, 100])).toEqual([90, 100]);
    expect(domainOfPoints([10, 100])).toEqual([0, 100]);
    expect(domainOfPoints([-100, -90])).toEqual([-100, -90]);
    expect(domainOfPoints([5, 5])).toEqual([0, 5]);
  });

  it('nothing, zeros alone, values too small to divide: from 0 to 1', () => {
    for (const values of [[], [0, 0], [1e-300]]) expect(domainOfPoints(values)).toEqual([0, 1]);
  });
});

describe('names below a chart', () => {
  const ways = (names: string[], step: number, ordered = false) => planCategoryLabels(names, step, ordered, measure);

  it('short ones: on one line', () => {
    expect(ways(['Jan', 'Feb'], 30)).toEqual({ way: 'flat', lines: [['Jan'], ['Feb']], height: 9.5 });
  });

  it('several words: broken into at most three lines', () => {
    const { way, lines } = ways(['Kari og Ola', 'Per'], 35);
    expect({ way, lines }).toEqual({ way: 'wrapped', lines: [['Kari', 'og Ola'], ['Per']] });
  });

  it('long words: turned, each with an ellipsis where it is too long', () => {
    const { way, lines, height } = ways(['Overingeniør', 'x'.repeat(60)], 40);
    expect(way).toBe('turned');
    expect(lines[0]).toEqual(['Overingeniør']);
    expect(lines[1]?.[0]).toMatch(/^x+…$/);
    expect(height).toBeLessThan(75);
  });

  it('long words in wide places: cut off on up to three lines', () => {
    const { way, lines } = ways(['Overingeniørsertifisering', 'one two three four five six seven eight nine'], 70);
    expect(way).toBe('wrapped');
    expect(lines).toEqual([['Overingeniør…'], ['one two three', 'four five six', 'seven eight…']]);
  });

  it('sixty names in narrow places: those that are written have room', () => {
    const names = Array.from({ length: 60 }, (_, index) => `Product ${index + 1}`);
    const { way, lines } = ways(names, 8);
    const written = lines.flatMap((own, index) => (own.length > 0 ? [index] : []));
    expect(way).toBe('turned');
    expect(written.slice(0, 3)).toEqual([0, 2, 4]);
  });

  it('dates along a line: every n-th, on one line, none touching the next', () => {
    const names = Array.from({ length: 60 }, (_, index) => `2026-10-${index}`);
    const { way, lines } = ways(names, 8, true);
    const written = lines.flatMap((own, index) => (own.length > 0 ? [index] : []));
    expect(way).toBe('flat');
    for (const [place, index] of written.entries()) {
      if (place > 0)
        expect((index - (written[place - 1] ?? 0)) * 8).toBeGreaterThanOrEqual(measure(names[index] ?? ''));
    }
  });
});

describe('the legend', () => {
  it('names that fill a line: go on below it', () => {
    const { entries, height } = planLegend(['One', 'Two', 'Three'], 100, measure);
    expect(entries.map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [51, 0],
      [0, 13],
    ]);
    expect(height).toBe(26);
  });

  it('a name wider than the chart: ends in an ellipsis, within the width', () => {
    const [entry] = planLegend(['n'.repeat(100)], 90, measure).entries;
    expect(entry?.text).toMatch(/^n+…$/);
    expect(measure(entry?.text ?? '')).toBeLessThanOrEqual(68);
  });

  it('more lines than there is room for: the rest is left out', () => {
    const { entries, height } = planLegend(['aaaaaaaa', 'bbbbbbbb', 'cccccccc'], 70, measure, 2);
    expect({ count: entries.length, height }).toEqual({ count: 2, height: 26 });
  });
});

describe('how series look', () => {
  it('twelve series: each differs from the others by more than its colour', () => {
    const looks = Array.from({ length: 12 }, (_, index) => lookOf(index));
    expect(new Set(looks.map(({ color, hatched }) => `${color} ${hatched}`)).size).toBe(12);
    expect(new Set(looks.map(({ dash, marker, hatched }) => `${dash} ${marker} ${hatched}`)).size).toBe(12);
  });

  it('text on a colour: has a contrast of 4.5 or more', () => {
    const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
        linear(Number.parseInt(color.slice(at, at + 2), 16) / 255),
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    for (let index = 0; index < 6; index += 1) {
      const { color, inkOn } = lookOf(index);
      const [dark = 0, light = 0] = [luminance(color), luminance(inkOn ?? '')].sort((one, other) => one - other);
      expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
      expect(1.05 / (luminance(color) + 0.05)).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('numbers beside bars', () => {
  const write = (values: number[], room: number, format?: string, locale = 'en-GB') => {
    const writer = findWriter(values, room, valueWriters(values, format, locale), measure);
    return writer && values.map((value) => plain(writer(value)));
  };

  it.each<[string, number[], number, string | undefined, string[] | undefined]>([
    ['as tables write them', [23.3111, 1.05], 100, undefined, ['23.311', '1.05']],
    ['three digits where there is less room', [23.3111, 1.05], 20, undefined, ['23.3', '1.1']],
    ['money as tables write it', [1200, 900], 100, 'currency:EUR', ['€1,200.00', '€900.00']],
    ['whole money without ",00" where there is less room', [1200, 900], 30, 'currency:EUR', ['€1,200', '€900']],
    ['what a column was found to be', [1200, 900.5], 100, 'currency:EUR:1', ['€1,200.0', '€900.5']],
    ['the decimals that were asked for', [1, 2.5], 100, 'number:2', ['1.00', '2.50']],
    ['shorter where there is little room', [1_234_567], 30, undefined, ['1.23m']],
    ['left out where not even that fits', [1_234_567], 10, undefined, undefined],
    ['small shares', [0.0011, 0.0002], 100, 'percent', ['0.11%', '0.02%']],
    ['tiny numbers', [3e-9], 100, undefined, ['3E-9']],
  ])('%s', (_, values, room, format, expected) => {
    expect(write(values, room, format)).toEqual(expected);
  });
});

describe('values on one another', () => {
  it('stand on those before them; below zero they hang under them', () => {
    const series = [
      { name: 'a', values: [5, -3] },
      { name: 'b', values: [-2, -4] },
      { name: 'c', values: [1, null] },
    ];
    expect(stackValues({ categories: ['x', 'y'], series })).toEqual([
      [
        [0, 5],
        [0, -3],
      ],
      [
        [0, -2],
        [-3, -7],
      ],
      [
        [5, 6],
        [0, 0],
      ],
    ]);
  });
});
