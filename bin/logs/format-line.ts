import type { ReadLine } from './job-lines.ts';

/** What stands at its own place in the line, or says nothing beyond it. */
const OWN = new Set(['time', 'level', 'msg', 'role', 'pid', 'method', 'route', 'path', 'status', 'ms', 'err']);
const PROCESS_WIDTH = 10;

/** Formats a line about `id` for people: when, which process, what, and the other facts. */
export function formatLine({ process, time, facts }: ReadLine, id: string): string {
  const { level, msg, method, route, path, status, ms, err } = facts;
  const asked = method === undefined ? [] : [`${method} ${route ?? path}`, String(status)];
  const sentence = [msg, ...asked].filter((text) => text !== undefined).join(' ');
  const others = Object.entries(facts)
    .filter(([name, value]) => !OWN.has(name) && value !== null && value !== id)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : quote(String(value))}`);
  const took = typeof ms === 'number' ? [`${ms} ms`] : [];
  const answer = method === undefined && status !== undefined ? [`status=${status}`] : [];
  const loud = level === undefined || level === 'info' ? [] : [String(level).toUpperCase()];
  const parts = [
    time,
    process.padEnd(PROCESS_WIDTH),
    ...loud,
    sentence,
    ...took,
    ...answer,
    ...others,
    ...reasonOf(err),
  ];
  return parts.join('  ');
}

const quote = (text: string): string => (/\s/.test(text) ? JSON.stringify(text) : text);

/** Why, in its first line: stacks are in the JSON. */
function reasonOf(err: unknown): string[] {
  if (typeof err === 'string') return [err];
  const { message } = Object(err) as { message?: unknown };
  return typeof message === 'string' ? [message.split('\n')[0] ?? ''] : [];
}
