import { offsetOf, writeMoment } from './times/zone.ts';

/** What a run's time is called in the texts of a schedule. */
export const VARIABLES = ['scheduledAt', 'previousMonth', 'previousDay'] as const;
type Variable = (typeof VARIABLES)[number];

const DAY_MS = 86_400_000;
const MENTION = new RegExp(`\\{\\{ *(${VARIABLES.join('|')}) *\\}\\}`, 'g');

/** Tells what the variables of a schedule stand for at a time (ms), by the wall clocks of its zone. */
export function valuesAt(timeZone: string, timeMs: number): Record<Variable, string> {
  const wall = new Date(timeMs + offsetOf(timeZone, timeMs));
  const monthBefore = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() - 1, 1);
  return {
    scheduledAt: writeMoment(timeZone, timeMs),
    previousMonth: new Date(monthBefore).toISOString().slice(0, 7),
    previousDay: new Date(wall.getTime() - DAY_MS).toISOString().slice(0, 10),
  };
}

/** Puts the values of a time into all texts of a body. Names of members, and whatever else stands in braces, stay as they are. */
export function fillVariables(body: unknown, values: Record<Variable, string>): unknown {
  if (typeof body === 'string') return body.replaceAll(MENTION, (_text, name: Variable) => values[name]);
  if (Array.isArray(body)) return body.map((part) => fillVariables(part, values));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([name, part]) => [name, fillVariables(part, values)]));
}

/** Lists the ids of uploads and jobs that a body names files of: `{"upload": "upd_..."}` and `{"job": "img_..."}`, wherever they stand. */
export function filesNamed(body: unknown): string[] {
  const ids = new Set<string>();
  const look = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) look(one);
    else if (typeof part === 'object' && part !== null) {
      for (const [name, value] of Object.entries(part)) {
        if ((name === 'upload' || name === 'job') && typeof value === 'string') ids.add(value);
        else look(value);
      }
    }
  };
  look(body);
  return [...ids];
}
