import { createHash } from 'node:crypto';
import type { Incident, Message } from '../../src/alerts/incidents.js';
import { publicUrl } from '../../src/config/addresses.ts';
import { formatAge, formatNumber, formatTime } from '../../src/kinds/formats.ts';
import { VERDICT_CODES, type VerdictCode } from '../../src/verdict/codes.ts';
import type { AllConfig } from '../../workers/index.ts';

/** What people are told of an incident, every text ready. */
export interface DescribedIncident {
  incident: string;
  state: 'firing' | 'resolved' | 'test';
  code: string;
  level: 'red' | 'amber' | 'green';
  /** A sentence without a full stop. */
  text: string;
  /** What an operator does about it. */
  fix: string;
  /** RFC 3339. */
  since: string;
  host: string;
}

/** A message, as people read it. */
export interface DescribedMessage {
  /** The same for each try and for each host that tells the same. */
  id: string;
  kind: Message['kind'];
  /** Which deployment it is about. */
  at: string;
  /** Where an operator sees more. */
  url: string;
  /** The worst in a line: `Red at jobs.example.no: Nothing is accepted`. */
  subject: string;
  /** All of it, in plain text. */
  text: string;
  /** All that it is about, the worst first. */
  incidents: DescribedIncident[];
  /** The text as pieces. */
  heading: string;
  items: { incident: DescribedIncident; mark: string; lines: string[] }[];
}

const TEST = { level: 'green', fix: 'There is nothing to do.' } as const;
const MARKS = { red: 'Red', amber: 'Amber', green: 'Test' } as const;
/** In texts for people; more are counted. */
const MOST_ITEMS = 20;

/** Describes a message for people. */
export function describeMessage({ kind, incidents, at }: Message, config: AllConfig): DescribedMessage {
  const base = publicUrl(config);
  const url = `${base}/admin`;
  const place = new URL(base).host;
  const described = incidents.map((one) => describeIncident(one, kind));
  const items = described.slice(0, MOST_ITEMS).map((incident) => ({
    incident,
    mark: kind === 'resolved' ? 'Resolved' : MARKS[incident.level],
    lines: linesOf(incident, kind, at),
  }));
  const [first] = items;
  const more = described.length - 1;
  const others = more > 0 ? ` (and ${formatNumber(more)} more)` : '';
  const left = described.length - items.length;
  const heading = headingOf(kind, described.length, place);
  const blocks = items.map(({ incident, mark, lines }) => [`${mark}: ${incident.text}.`, ...lines].join('\n'));
  return {
    ...{ id: idOf(kind, incidents), kind, at: place, url, incidents: described, heading, items },
    subject: `${kind === 'reminder' ? 'Still ' : ''}${first?.mark ?? ''} at ${place}: ${first?.incident.text ?? ''}${others}`,
    text: [heading, ...blocks, ...(left > 0 ? [`And ${formatNumber(left)} more.`] : []), url].join('\n\n'),
  };
}

const stateOf = (kind: Message['kind']): DescribedIncident['state'] => (kind === 'reminder' ? 'firing' : kind);

function describeIncident({ id, code, text, since, host }: Incident, kind: Message['kind']): DescribedIncident {
  const { level, fix } = code in VERDICT_CODES ? VERDICT_CODES[code as VerdictCode] : TEST;
  const own = { incident: id, state: stateOf(kind), code, level, text: oneLine(text), fix };
  return { ...own, since: new Date(since).toISOString(), host };
}

/** What stands below the sentence. */
function linesOf({ since, fix, host }: DescribedIncident, kind: Message['kind'], at: number): string[] {
  const age = formatAge(at - Date.parse(since));
  if (kind === 'test') return [`Sent by ${host}.`];
  if (kind === 'resolved') return [`It began ${formatTime(since)}, ${age} ago, and was seen from ${host}.`];
  return [fix, `Since ${formatTime(since)} (${age}), seen from ${host}.`];
}

function headingOf(kind: Message['kind'], count: number, place: string): string {
  if (kind === 'test') return `A test of the alerts of Heavylift at ${place}`;
  const things = count === 1 ? 'something is' : `${formatNumber(count)} things are`;
  if (kind === 'resolved') return `Heavylift at ${place}: ${things} well again`;
  return `Heavylift at ${place}: ${things} ${kind === 'reminder' ? 'still ' : ''}wrong`;
}

/** Texts of others stay in their line. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

function idOf(kind: Message['kind'], incidents: readonly Incident[]): string {
  const parts = incidents.map(({ id, toldAt }) => (kind === 'reminder' ? `${id}@${toldAt}` : id));
  return `alr_${createHash('sha256')
    .update([kind, ...parts.toSorted()].join('\n'))
    .digest('hex')
    .slice(0, 24)}`;
}
