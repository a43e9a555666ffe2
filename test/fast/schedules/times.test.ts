import { describe, expect, it, jest } from '@jest/globals';
import { Cron } from 'croner';
import { decide } from '../../../src/schedules/runner.ts';
import type { Schedule } from '../../../src/schedules/schedule.ts';
import { findCronFault, lastTime, nextTimes } from '../../../src/schedules/times/next-times.ts';
import { findZoneFault, writeMoment } from '../../../src/schedules/times/zone.ts';
import { filesNamed, fillVariables, valuesAt } from '../../../src/schedules/variables.ts';

/** The next times by the clocks of the zone; of those on the day of the first, the hour and the offset alone. */
async function timesOf(cron: string, timeZone: string, after: string, count: number): Promise<string> {
  const times = await nextTimes({ cron, timeZone }, Date.parse(after), count);
  let day = '';
  return times
    .map((ms) => {
      const text = writeMoment(timeZone, ms);
      const shown = `${text.slice(11, 16)}${text.slice(19).replace(/:00$/, '')}`;
      const isSame = text.slice(0, 10) === day;
      day = text.slice(0, 10);
      return isSame ? shown : `${day.slice(5)} ${shown}`;
    })
    .join(', ');
}

/** Zone, a moment before its change of clocks, then patterns and what they name. */
const CHANGES: [zone: string, after: string, table: [cron: string, times: string][]][] = [
  [
    'Europe/Oslo',
    '2027-03-27T23:50:00Z',
    [
      ['0 2 * * *', '03-28 03:00+02, 03-29 02:00+02, 03-30 02:00+02'],
      ['30 2 * * *', '03-28 03:00+02, 03-29 02:30+02, 03-30 02:30+02'],
      ['30 1 * * *', '03-28 01:30+01, 03-29 01:30+02, 03-30 01:30+02'],
      ['0 * * * *', '03-28 01:00+01, 03:00+02, 04:00+02'],
      ['30 * * * *', '03-28 01:30+01, 03:00+02, 03:30+02'],
      ['*/15 * * * *', '03-28 01:00+01, 01:15+01, 01:30+01, 01:45+01, 03:00+02, 03:15+02'],
      ['*/30 * * * *', '03-28 01:00+01, 01:30+01, 03:00+02, 03:30+02'],
      ['*/30 2 * * *', '03-28 03:00+02, 03-29 02:00+02, 02:30+02'],
      ['15 2 28 * *', '03-28 03:00+02, 04-28 02:15+02'],
      ['0 6 1 * *', '04-01 06:00+02, 05-01 06:00+02'],
    ],
  ],
  [
    'Europe/Oslo',
    '2027-10-30T23:50:00Z',
    [
      ['0 2 * * *', '10-31 02:00+02, 11-01 02:00+01'],
      ['30 2 * * *', '10-31 02:30+02, 11-01 02:30+01'],
      ['0 * * * *', '10-31 02:00+02, 03:00+01, 04:00+01'],
      [
        '*/15 * * * *',
        '10-31 02:00+02, 02:15+02, 02:30+02, 02:45+02, 02:00+01, 02:15+01, 02:30+01, 02:45+01, 03:00+01',
      ],
      ['*/30 * * * *', '10-31 02:00+02, 02:30+02, 02:00+01, 02:30+01, 03:00+01'],
      ['0 2 31 * *', '10-31 02:00+02, 12-31 02:00+01'],
    ],
  ],
  // In the second of the hours that come twice.
  ['Europe/Oslo', '2027-10-31T01:05:00Z', [['*/15 * * * *', '10-31 02:15+01, 02:30+01, 02:45+01, 03:00+01']]],
  ['Europe/Oslo', '2027-10-31T01:05:00Z', [['30 2 * * *', '11-01 02:30+01']]],
  [
    'America/New_York',
    '2027-03-14T05:50:00Z',
    [
      ['0 2 * * *', '03-14 03:00-04, 03-15 02:00-04'],
      ['30 2 * * *', '03-14 03:00-04, 03-15 02:30-04'],
      ['0 * * * *', '03-14 01:00-05, 03:00-04, 04:00-04'],
      ['*/15 * * * *', '03-14 01:00-05, 01:15-05, 01:30-05, 01:45-05, 03:00-04'],
      ['30 2 14 * *', '03-14 03:00-04, 04-14 02:30-04'],
    ],
  ],
  [
    'America/New_York',
    '2027-11-07T04:50:00Z',
    [
      ['30 1 * * *', '11-07 01:30-04, 11-08 01:30-05'],
      ['0 * * * *', '11-07 01:00-04, 02:00-05, 03:00-05'],
      ['*/30 * * * *', '11-07 01:00-04, 01:30-04, 01:00-05, 01:30-05, 02:00-05'],
      ['0 1 7 * *', '11-07 01:00-04, 12-07 01:00-05'],
    ],
  ],
  [
    'Australia/Lord_Howe',
    '2027-10-02T14:50:00Z',
    [
      ['0 2 * * *', '10-03 02:30+11, 10-04 02:00+11'],
      ['15 2 * * *', '10-03 02:30+11, 10-04 02:15+11'],
      ['45 2 * * *', '10-03 02:45+11, 10-04 02:45+11'],
      ['0 * * * *', '10-03 02:30+11, 03:00+11, 04:00+11'],
      ['*/15 * * * *', '10-03 01:30+10:30, 01:45+10:30, 02:30+11, 02:45+11, 03:00+11'],
      ['0 2 3 * *', '10-03 02:30+11, 11-03 02:00+11'],
    ],
  ],
  [
    'Australia/Lord_Howe',
    '2027-04-03T14:20:00Z',
    [
      ['45 1 * * *', '04-04 01:45+11, 04-05 01:45+10:30'],
      ['0 2 * * *', '04-04 02:00+10:30, 04-05 02:00+10:30'],
      ['0 * * * *', '04-04 02:00+10:30, 03:00+10:30'],
      ['*/15 * * * *', '04-04 01:30+11, 01:45+11, 01:30+10:30, 01:45+10:30, 02:00+10:30'],
    ],
  ],
  [
    'UTC',
    '2027-01-30T12:00:00Z',
    [
      ['0 0 L * *', '01-31 00:00+00, 02-28 00:00+00, 03-31 00:00+00'],
      ['0 0 31 * *', '01-31 00:00+00, 03-31 00:00+00, 05-31 00:00+00'],
      ['0 0 29 2 *', '02-29 00:00+00, 02-29 00:00+00'],
      ['0 6 * JAN,JUL MON-FRI', '07-01 06:00+00, 07-02 06:00+00, 07-05 06:00+00'],
      ['@daily', '01-31 00:00+00, 02-01 00:00+00'],
      ['0 6 1 * *', '02-01 06:00+00, 03-01 06:00+00'],
    ],
  ],
];

describe('the next times', () => {
  it.each(CHANGES)('%s after %s', async (zone, after, table) => {
    for (const [cron, times] of table) {
      expect([cron, await timesOf(cron, zone, after, times.split(',').length)]).toEqual([cron, times]);
    }
  });

  it('are none of what is no pattern, no zone, or never comes', async () => {
    for (const cron of [
      '0 0 31 2 *',
      '0 0 30 2 *',
      '* * * * * *',
      '* * * *',
      '60 * * * *',
      '@reboot',
      '0 0 ? * *',
      '',
      'x',
    ]) {
      expect([cron, await findCronFault(cron)]).toEqual([cron, expect.stringMatching(/^must /)]);
    }
    for (const cron of ['@Monthly', ' 0 6 * * * ', '0 0 29 2 *', '0 0 L * *', '0 0 * * 7', '*/5 8-17 * * mon-fri']) {
      expect([cron, await findCronFault(cron)]).toEqual([cron, null]);
    }
    expect(await findCronFault('0 0 32 * *')).toContain('value for day: 32');
    expect(await findCronFault('0 0 * 13 *')).toContain('value for month: 13');
    expect(await findCronFault('* * * * * *')).toContain('once a minute is most');
    for (const zone of ['', '+01:00', 'Mars/Olympus', 'x'.repeat(65)]) expect(findZoneFault(zone)).toMatch(/^must /);
    for (const zone of ['UTC', 'europe/oslo', 'Asia/Calcutta', 'US/Eastern']) expect(findZoneFault(zone)).toBeNull();
    expect(findZoneFault('Oslo')).toContain('did you mean Europe/Oslo?');
    expect(findZoneFault('Europe/Olso')).toContain('did you mean Europe/Oslo?');
  });

  it('the last one is found over any distance', async () => {
    const each = { cron: '* * * * *', timeZone: 'Europe/Oslo' };
    const at = Date.parse('2026-11-29T10:00:30Z');
    expect(await lastTime(each, Date.parse('2025-01-01T00:00:00Z'), at)).toBe(Date.parse('2026-11-29T10:00:00Z'));
    const leap = { cron: '0 0 29 2 *', timeZone: 'UTC' };
    // As many times as January has minutes lie in between.
    const january = { cron: '* * * 1 *', timeZone: 'Europe/Oslo' };
    const named = jest.spyOn(Cron.prototype, 'nextRun');
    const begin = Date.parse('2026-01-01T00:00:00Z');
    expect(await lastTime(january, begin, at)).toBe(Date.parse('2026-01-31T22:59:00Z'));
    expect(named.mock.calls.length).toBeLessThan(1000);
    named.mockRestore();
    expect(await lastTime(leap, 0, at)).toBe(Date.parse('2024-02-29T00:00:00Z'));
    expect(await lastTime(leap, Date.parse('2025-01-01T00:00:00Z'), at)).toBeNull();
  });
});

describe('what is done about times that have come', () => {
  const at = (text: string) => Date.parse(`2026-11-${text}Z`);
  const daily = { cron: '0 6 * * *', timeZone: 'UTC', missed: 'once', trying: null } as Schedule;
  const skip: Schedule = { ...daily, missed: 'skip' };
  const trying: Schedule = { ...skip, trying: { forMs: at('29T06:00:00'), sinceMs: 0, why: { code: '', detail: '' } } };
  const [first, last, next] = [at('27T06:00:00'), at('29T06:00:00'), at('30T06:00:00')] as const;
  const before = { fromMs: first, untilMs: at('28T06:00:00') };

  it.each([
    ['in time', daily, last, last + 900, last, null],
    ['a minute late', skip, last, last + 60_000, last, null],
    ['missed once', daily, last, last + 60_001, last, null],
    ['missed once, skipped', skip, last, last + 60_001, null, { fromMs: last, untilMs: last }],
    ['missed several times', daily, first, last + 3_600_000, last, before],
    ['several, skipped', skip, first, last + 3_600_000, null, { fromMs: first, untilMs: last }],
    ['several, the last in time', skip, first, last + 10, last, before],
    ['tried for long', trying, last, last + 3_600_000, last, null],
  ])('%s', async (_name, schedule, dueMs, nowMs, runMs, missed) => {
    expect(await decide(schedule, dueMs, nowMs)).toEqual({ runMs, missed, nextMs: next });
  });
});

describe('variables', () => {
  it('stand for the time by the clocks of the zone', () => {
    const time = Date.parse('2027-01-01T04:30:00Z');
    expect(valuesAt('America/New_York', time)).toEqual({
      ...{ scheduledAt: '2026-12-31T23:30:00-05:00', previousMonth: '2026-11', previousDay: '2026-12-30' },
    });
    expect(valuesAt('Europe/Oslo', time)).toMatchObject({ previousMonth: '2026-12', previousDay: '2026-12-31' });
  });

  it('are put into texts, and nothing else in braces is', () => {
    const values = { scheduledAt: 'S', previousMonth: '{{previousDay}}', previousDay: 'D' };
    const body = {
      '{{previousDay}}': ['{{previousDay}} {{  scheduledAt }}{{previousMonth}}', 1, null, true],
      text: '{{row.previousDay}} {{ previousDay | upcase }} {previousDay} {{previousday}}',
    };
    expect(fillVariables(body, values)).toEqual({ ...body, '{{previousDay}}': ['D S{{previousDay}}', 1, null, true] });
    const files = { a: [{ upload: 'upd_1', job: { upload: 'upd_2' } }], job: 'img_1', upload: ['upd_3'] };
    expect(filesNamed(files)).toEqual(['upd_1', 'upd_2', 'img_1']);
  });
});
