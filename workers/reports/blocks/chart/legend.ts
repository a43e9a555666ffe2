import type { ChartBlock } from '../../input/chart.ts';
import { COLORS } from '../../layout/style.ts';
import { shorten } from '../../text/shorten.ts';
import type { MeasureLabel } from './axes/category-axis.ts';
import { lookOf } from './palette.ts';
import { boxPath, linePath, type Shape } from './shape.ts';

/** Where each name of a legend stands, counted from its upper left corner. */
export interface Legend {
  entries: { index: number; text: string; x: number; y: number }[];
  height: number;
}

export const LEGEND_LEADING = 13;
const SIZE = 8;
/** The sign before a name takes this much, the space to the next entry this much. */
const SIGN_WIDTH = 22;
const SPACE = 14;

/**
 * Sets names side by side, on as many lines as they need but at most `maxLines`; a name wider than a line ends in an
 * ellipsis.
 */
export function planLegend(names: readonly string[], width: number, measure: MeasureLabel, maxLines = 100): Legend {
  let x = 0;
  let y = 0;
  const entries = names.map((name, index) => {
    const text = shorten(name, width - SIGN_WIDTH, measure);
    const needed = SIGN_WIDTH + measure(text);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += LEGEND_LEADING;
    }
    const entry = { index, text, x, y };
    x += needed + SPACE;
    return entry;
  });
  const bottom = maxLines * LEGEND_LEADING;
  const shown = entries.filter((entry) => entry.y < bottom);
  return { entries: shown, height: names.length === 0 ? 0 : Math.min(bottom, y + LEGEND_LEADING) };
}

/** A legend whose upper edge is at `top`. */
export function drawLegend({ entries }: Legend, top: number, { chart, series }: ChartBlock): Shape[] {
  return entries.flatMap(({ index, text, x, y }): Shape[] => {
    const label = { size: SIZE, color: COLORS.ink };
    const isLine = (series[index]?.chart ?? chart) === 'line';
    const sign = isLine ? lineSign(index, x, top + y) : boxSign(index, x, top + y);
    return [...sign, { kind: 'label', text, x: x + SIGN_WIDTH - 4, baseline: top + y + 9.2, ...label }];
  });
}

function boxSign(index: number, x: number, y: number): Shape[] {
  const { color, hatched } = lookOf(index);
  const box = { x, y: y + 2, width: 14, height: 9 };
  return [{ kind: 'path', path: boxPath(box), fill: color, ...(hatched && { hatched: box }) }];
}

function lineSign(index: number, x: number, y: number): Shape[] {
  const { color, dash, marker, hatched } = lookOf(index);
  const middle = y + 6.5;
  const at = { x: x + 7.5, y: middle };
  return [
    { kind: 'path', path: linePath(x, middle, x + 15, middle), stroke: color, width: 1.7, dash },
    { kind: 'path', path: marker, at, fill: hatched ? '#ffffff' : color, stroke: color, width: 1 },
  ];
}
