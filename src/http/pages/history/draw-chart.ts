import { type Figures, sumOf } from '../../../queue/history/figures.ts';
import { MINUTE_MS, type Step } from '../../../queue/history/history.ts';

/** The paths of a chart, in a box that is 1000 wide and 100 high. */
export interface Chart {
  in: string;
  out: string;
  failed: string;
  /** How many a minute the upper edge of the box stands for. */
  top: number;
}

const WIDTH = 1000;
const HEIGHT = 100;
/** The least height of a column: one failure among thousands is seen. */
const LEAST = 3;

/** How many jobs went out, in any way. */
export const outOf = ({ completed, cancelled, erased, failed }: Figures): number =>
  completed + cancelled + erased + sumOf(failed);

/**
 * Draws what came in and went out a minute as lines, and what failed as columns. The last step, which goes on, is drawn once
 * half of it is over.
 */
export function drawChart(steps: readonly Step[], stepMs: number, nowMs: number): Chart {
  const rates = steps.flatMap(({ at, figures }) => {
    const lasted = Math.min(stepMs, nowMs - at);
    if (lasted < stepMs / 2) return [];
    const perMinute = (count: number) => (count * MINUTE_MS) / lasted;
    return [{ in: perMinute(figures.in), out: perMinute(outOf(figures)), failed: perMinute(sumOf(figures.failed)) }];
  });
  const top = roundUp(Math.max(...rates.flatMap((rate) => [rate.in, rate.out])));
  const step = WIDTH / steps.length;
  // The newest at the right, whether or not the last step is drawn.
  const left = (index: number) => WIDTH - (rates.length - index) * step;
  const height = (rate: number) => (rate / top) * HEIGHT;
  const line = (which: 'in' | 'out') => {
    const points = rates.map((rate, index) => ({ x: left(index) + step / 2, y: height(rate[which]) }));
    const isBend = (index: number) =>
      points[index - 1]?.y !== points[index]?.y || points[index + 1]?.y !== points[index]?.y;
    const bends = points.filter((_, index) => isBend(index));
    return bends.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${write(x)} ${write(HEIGHT - y)}`).join('');
  };
  const columns = rates.flatMap(({ failed }, index) =>
    failed > 0
      ? [`M${write(left(index))} ${HEIGHT}v${write(-Math.max(LEAST, height(failed)))}h${write(step)}V${HEIGHT}z`]
      : [],
  );
  return { in: line('in'), out: line('out'), failed: columns.join(''), top };
}

const write = (number: number): string => String(Math.round(number * 10) / 10);

/** The next of 1, 2, 5, 10, 20, ..., and of 0.1, 0.2, 0.5 below. */
function roundUp(rate: number): number {
  if (!(rate > 0.1)) return rate > 0 ? 0.1 : 1;
  const power = 10 ** Math.floor(Math.log10(rate));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rate * 0.999_999) ?? 10;
  return Number((factor * power).toPrecision(3));
}
