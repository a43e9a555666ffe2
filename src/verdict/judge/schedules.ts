import { formatAge, formatNumber } from '../../kinds/formats.ts';
import type { Facts } from '../facts.ts';
import type { Finding } from './finding.ts';

/** A web process that starts runs what is late within seconds. */
const CATCHES_UP_MS = 15_000;

/** Finds schedules whose time has passed and that no web process runs. */
export function judgeSchedules({ lateSchedules, at }: Facts): Finding[] {
  const [first] = lateSchedules ?? [];
  if (!first) return [];
  const count = lateSchedules?.length ?? 0;
  const others = count === 1 ? '' : `, and ${formatNumber(count - 1)} more`;
  const text = `Schedules are not run: ${first.name} of the key ${first.caller} is ${formatAge(at - first.dueMs)} late${others}`;
  return [{ code: 'schedules_late', text, afterMs: CATCHES_UP_MS, isDated: true }];
}
