import { scaleLinear, scaleLog } from 'd3-scale';
import { createFormatter } from '../../../text/formats.ts';
import { numberStyle } from '../number-style.ts';

/** The lowest and the highest value to be shown. */
export type Domain = [number, number];

/** Points between two lines of the grid, about. */
const TICK_SPACE = 34;
/** Smaller ranges than this are drawn as nothing: floating point can't divide them. */
export const SMALLEST_RANGE = 1e-12;

/** The domain of values that are shown as lengths, and so begin at zero. */
export function domainFromZero(values: readonly number[]): Domain {
  return openDomain([
    values.reduce((min, value) => Math.min(min, value), 0),
    values.reduce((max, value) => Math.max(max, value), 0),
  ]);
}

/** The domain of values that are shown as places: it begins at zero unless they all are far from it, close together. */
export function domainOfPoints(values: readonly number[]): Domain {
  if (values.length === 0) return openDomain([0, 0]);
  const low = values.reduce((min, value) => Math.min(min, value));
  const high = values.reduce((max, value) => Math.max(max, value));
  const spread = high - low;
  const isFar = (low > 0 && spread < low / 2) || (high < 0 && spread < -high / 2);
  return isFar && spread > SMALLEST_RANGE ? [low, high] : domainFromZero(values);
}

const openDomain = ([low, high]: Domain): Domain => (high - low < SMALLEST_RANGE ? [0, 1] : [low, high]);

/** The axis that values are read on. */
export interface ValueAxis {
  /** From a value to a height: `height` (below) for the lowest, 0 for the highest. */
  scale(value: number): number;
  /** The value at which bars begin: zero, or the lowest of a logarithmic scale. */
  base: number;
  ticks: { value: number; text: string }[];
}

/** The domain of values on a logarithmic scale: from a power of ten to another. */
export function domainOfPowers(values: readonly number[]): Domain {
  const low = values.reduce((min, value) => Math.min(min, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((max, value) => Math.max(max, value), 0);
  if (high === 0) return [1, 10];
  const from = Math.ceil(Math.log10(low) - 1 - EXACT);
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(high) - EXACT))];
}

/** Floating point is off by less. */
const EXACT = 1e-9;

const countTicks = (height: number): number => Math.max(2, Math.min(8, Math.floor(height / TICK_SPACE)));

/** An axis of `height` points with round numbers as its ends and ticks, written by the locale. */
export function createValueAxis(domain: Domain, height: number, format: string | undefined, locale: string): ValueAxis {
  const count = countTicks(height);
  const scale = scaleLinear().domain(domain).nice(count).range([height, 0]);
  const values = scale.ticks(count);
  const write = tickFormatter(values, format, locale);
  return { scale, base: 0, ticks: values.map((value) => ({ value, text: write(value) })) };
}

/** The same with powers of ten at even distances; where there is room, twice and five times those are ticks too. */
export function createLogAxis(domain: Domain, height: number, format: string | undefined, locale: string): ValueAxis {
  const count = countTicks(height);
  const scale = scaleLog().domain(domain).range([height, 0]);
  const first = Math.round(Math.log10(domain[0]));
  const powers = Array.from({ length: Math.round(Math.log10(domain[1])) - first + 1 }, (_, index) => first + index);
  const every = Math.ceil(powers.length / (count + 1));
  const steps = powers.length * 3 <= count + 3 ? [1, 2, 5] : [1];
  const shown = powers.filter((_, index) => index % every === 0);
  const values = shown.flatMap((power) => steps.map((step) => step * 10 ** power));
  const write = (value: number) => tickFormatter([value, 2 * value], format, locale)(value);
  const ticks = values.filter((value) => value <= domain[1] * (1 + EXACT));
  return { scale, base: domain[0], ticks: ticks.map((value) => ({ value, text: write(value) })) };
}

/** Makes the axis of a chart's values, as long as it is to be. */
export function axisMaker(
  { scale, format }: { scale: 'linear' | 'log'; format?: string | undefined },
  domain: Domain,
  locale: string,
): (length: number) => ValueAxis {
  const create = scale === 'log' ? createLogAxis : createValueAxis;
  return (length) => create(domain, length, format, locale);
}

/** How many decimals tell steps of `step` apart. */
const decimalsOf = (step: number): number => Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));

/**
 * Writes ticks as short as they can be told apart: whole numbers without decimals, millions as "2M" in the
 * locale's own way, and the smallest as powers of ten.
 */
export function tickFormatter(ticks: readonly number[], format = 'number', locale: string): (value: number) => string {
  if (format === 'bytes') return (value) => createFormatter(format, locale)(value).text;
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0)) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  const options = numberStyle(format);
  if (options.style === 'percent') {
    const decimals = decimalsOf(step * 100);
    return writer(locale, { ...options, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  }
  if (largest >= 1e6)
    return writer(locale, { ...options, notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 2 });
  if (step < 1e-6)
    return writer(locale, { ...options, notation: 'scientific', minimumFractionDigits: 0, maximumFractionDigits: 2 });
  const decimals = decimalsOf(step);
  return writer(locale, { ...options, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function writer(locale: string, options: Intl.NumberFormatOptions): (value: number) => string {
  const format = new Intl.NumberFormat(locale, options);
  return (value) => format.format(value === 0 ? 0 : value);
}
