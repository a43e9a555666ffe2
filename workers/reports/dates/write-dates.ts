import type { Messages } from '../locales/messages.ts';
import { DAY_MS, type DateUnit } from './period.ts';

/** How dates are written. */
export interface DateLanguage {
  locale: string;
  messages: Messages;
}

const isMidnight = (time: number): boolean => time % DAY_MS === 0;

/** What is written of a date; days go without the year where all are of one, hours without their day where they are of one. */
function optionsOf(unit: DateUnit, times: readonly number[]): Intl.DateTimeFormatOptions {
  if (unit === 'month') return { month: 'short', year: 'numeric' };
  if (unit === 'year') return { year: 'numeric' };
  const isOneYear = new Set(times.map((time) => new Date(time).getUTCFullYear())).size === 1;
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', ...(!isOneYear && { year: 'numeric' }) };
  const clock: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit' };
  if ((unit !== 'time' && unit !== 'hour') || times.every(isMidnight)) return day;
  const isOneDay = unit === 'hour' && new Set(times.map((time) => Math.floor(time / DAY_MS))).size === 1;
  return isOneDay ? { timeStyle: 'short' } : { ...day, ...clock };
}

/**
 * Writes dates by the locale, as tables have them: a week by its first day, a quarter in the words of the language. The
 * milliseconds are those of a clock in UTC.
 */
export function writeDates(times: readonly number[], unit: DateUnit, { locale, messages }: DateLanguage): string[] {
  const options = optionsOf(unit === 'quarter' ? 'year' : unit, times);
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  if (unit !== 'quarter') return times.map((time) => format.format(time));
  return times.map((time) => {
    const quarter = String(Math.floor(new Date(time).getUTCMonth() / 3) + 1);
    return messages.quarter.replace('{quarter}', quarter).replace('{year}', format.format(time));
  });
}
