/** One value of a metric. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** How often something took how long. */
export interface Distribution {
  labels: Record<string, string>;
  /** The upper bounds of the buckets (s); one more is without a bound. */
  bounds: readonly number[];
  /** How many are in each bucket alone. */
  counts: readonly number[];
  /** The sum of all (s). */
  sum: number;
}

/** Writes a metric that goes up and down in Prometheus' text format. */
export const gauge = (name: string, help: string, samples: readonly Sample[]): string =>
  metric('gauge', name, { help, samples });

/** Writes a metric that only grows. */
export const counter = (name: string, help: string, samples: readonly Sample[]): string =>
  metric('counter', name, { help, samples });

/** Writes a histogram: its buckets include those below. */
export function histogram(name: string, help: string, distributions: readonly Distribution[]): string {
  const lines = distributions.map(({ labels, bounds, counts, sum }) => {
    let below = 0;
    const buckets = counts.map((count, index) => {
      below += count;
      return line(`${name}_bucket`, { labels: { ...labels, le: String(bounds[index] ?? '+Inf') }, value: below });
    });
    return `${buckets.join('')}${line(`${name}_sum`, { labels, value: sum })}${line(`${name}_count`, { labels, value: below })}`;
  });
  return head('histogram', name, help) + lines.join('');
}

const metric = (type: string, name: string, { help, samples }: { help: string; samples: readonly Sample[] }): string =>
  head(type, name, help) + samples.map((sample) => line(name, sample)).join('');

const head = (type: string, name: string, help: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function line(name: string, { labels, value }: Sample): string {
  const inner = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${inner.length > 0 ? `{${inner.join(',')}}` : ''} ${value}\n`;
}

const escapeLabel = (text: string): string =>
  text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
