import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { describeMessage } from '../../../bin/alerts/describe.ts';
import { alertBody } from '../../../bin/alerts/webhook.ts';
import type { SupervisedProcess } from '../../../bin/watch/rpc.js';
import { createWebAlerts, findWebGone } from '../../../bin/watch/web-alerts.js';
import { createIncidentIds } from '../../../src/alerts/incident-ids.ts';
import { createIncidents, type Fault, type Incident, type Message } from '../../../src/alerts/incidents.js';
import { createIsKnown } from '../../../src/alerts/known.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { facts, redis } from '../verdict/facts.ts';

const MARKS = { standsMs: 10_000, goneMs: 60_000, remindMs: 86_400_000, retryMs: 600_000 };
const fault = (name: string, changes: Partial<Fault> = {}): Fault => ({
  ...{ name, code: name, text: `${name} is wrong`, since: 0, host: 'alfa' },
  ...changes,
});
/** What is told when every five seconds those of a step are wrong: `second: kind names`. */
function tellsOf(steps: readonly (readonly [count: number, ...names: string[]])[], isTold = () => true): string[] {
  const incidents = createIncidents(({ name }) => name, MARKS);
  const told: string[] = [];
  let at = 0;
  for (const [count, ...names] of steps) {
    for (let round = 0; round < count; round += 1, at += 5000) {
      incidents.look(
        names.map((name) => fault(name)),
        at,
      );
      for (const message of incidents.due(at)) {
        told.push(`${at / 1000}: ${message.kind} ${message.incidents.map(({ name }) => name).join(' ')}`);
        incidents.settle(message, isTold());
      }
    }
  }
  return told;
}

describe('incidents', () => {
  it.each<[string, Parameters<typeof tellsOf>[0], string[]]>([
    [
      'one that stands is told once, and once more when it has gone',
      [[40, 'a'], [20]],
      ['10: firing a', '260: resolved a'],
    ],
    ['what passes within ten seconds is not told', [[2, 'a'], [20], [2, 'a'], [20]], []],
    ['what is new at once is one message', [[3, 'a', 'b'], [20]], ['10: firing a b', '75: resolved a b']],
    [
      'what comes later is another message',
      [
        [2, 'a'],
        [2, 'a', 'b'],
        [2, 'b'],
      ],
      ['10: firing a', '20: firing b'],
    ],
    [
      'what comes and goes is one incident',
      [[3, 'a'], [6], [3, 'a'], [6], [3, 'a'], [14]],
      ['10: firing a', '165: resolved a'],
    ],
    ['what comes for moments again and again is told too', [[2, 'a'], [2], [2, 'a'], [2], [2, 'a']], ['25: firing a']],
    [
      'one that lasts is told again each day',
      [[2 * 17_280 + 3, 'a']],
      ['10: firing a', '86410: reminder a', '172810: reminder a'],
    ],
  ])('%s', (_what, steps, told) => {
    expect(tellsOf(steps)).toEqual(told);
  });

  it('one that could not be told is tried again ten minutes later, and never told as resolved', () => {
    const answers = [false, true];
    expect(tellsOf([[130, 'a'], [20]], () => answers.shift() ?? true)).toEqual([
      '10: firing a',
      '610: firing a',
      '710: resolved a',
    ]);
    expect(tellsOf([[3, 'a'], [20]], () => false)).toEqual(['10: firing a']);
  });

  it('what can not be looked at stays as it was', () => {
    const incidents = createIncidents(({ name }) => name, { ...MARKS, standsMs: 0 });
    const gone = facts({ redis: { state: 'gone', why: null } });
    const told = () => incidents.due(0).map(({ kind }) => kind);
    incidents.look([fault('worker_gone')], 0);
    for (const message of incidents.due(0)) incidents.settle(message, true);
    for (let at = 5000; at < 200_000; at += 5000) incidents.look([], at, createIsKnown(gone, null));
    expect(told()).toEqual([]);
    for (let at = 200_000; at < 280_000; at += 5000) incidents.look([], at, createIsKnown(facts(), null));
    expect(incidents.due(280_000).map(({ kind }) => kind)).toEqual(['resolved']);
  });

  it.each<[code: string, host: string, isKnown: [up: boolean, silent: boolean, gone: boolean, alone: boolean]]>([
    ['redis_gone', 'beta', [true, true, true, true]],
    ['disk_full', 'alfa', [true, true, true, true]],
    ['disk_full', 'beta', [true, true, true, false]],
    ['worker_gone', 'alfa', [true, false, false, true]],
    ['worker_gone', 'beta', [true, false, false, false]],
    ['source_silent', 'alfa', [true, true, false, true]],
  ])('%s of %s is known to be gone', (code, host, isKnown) => {
    const asked = [
      createIsKnown(facts(), null),
      createIsKnown(facts({ silent: ['the queues'] }), null),
      createIsKnown(facts({ redis: { state: 'gone', why: null } }), null),
      createIsKnown(facts({ redis: redis() }), 'alfa'),
    ];
    expect(asked.map((ask) => ask(fault('x', { code, host })))).toEqual(isKnown);
  });

  it('of what two processes know, that counts which was told', () => {
    const incidents = createIncidents(({ name }) => name, MARKS);
    const known = (name: string, toldAt: number | null): Incident => ({
      ...fault(name),
      id: name,
      toldAt,
      triedAt: null,
    });
    const take = (list: Incident[], keepsOwn: boolean, closed: string[] = []) =>
      incidents.take({ incidents: list, closed }, keepsOwn);
    take([known('a', 1), known('b', null)], false);
    take([known('a', null), known('b', 2), known('c', 3)], true);
    expect(incidents.list().map(({ name, toldAt }) => `${name} ${toldAt}`)).toEqual(['a 1', 'b 2', 'c 3']);
    take([known('d', 4)], false);
    expect(incidents.list().map(({ name }) => name)).toEqual(['d']);
    // What one has told as resolved does not come back by another one who has not heard of it.
    take([known('e', 5)], true, ['d']);
    take([known('d', 4)], true);
    expect(incidents.list().map(({ name }) => name)).toEqual(['e']);
  });

  it('all processes give an incident the same id, and the next one of its name another', () => {
    const [one, other, late] = [createIncidentIds(), createIncidentIds(), createIncidentIds()];
    one.renew();
    other.take(String(one.epoch()));
    const idsOf = (name: string) => [one, other].map((ids) => ids.idOf({ name, since: 5 }));
    const first = idsOf('redis_gone');
    expect(first[0]).toBe(first[1]);
    expect(first[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(idsOf('disk_full')[0]).not.toBe(first[0]);
    for (const ids of [one, other]) ids.close('redis_gone');
    const second = idsOf('redis_gone');
    expect(second[0]).toBe(second[1]);
    expect(second[0]).not.toBe(first[0]);
    one.renew();
    expect(idsOf('redis_gone')[0]).not.toBe(second[0]);
    // Who has heard of nobody goes by the day.
    expect(late.idOf({ name: 'a', since: 5 })).toBe(createIncidentIds().idOf({ name: 'a', since: 86_399_999 }));
  });
});

describe('what people read', () => {
  const AT = Date.parse('2026-11-29T09:40:00Z');
  const incident = (code: string, text: string): Incident => ({
    ...fault(code, { text, since: AT - 90_000 }),
    ...{ id: `id-${code}`, toldAt: null, triedAt: null },
  });
  const config = { ...defaultConfig(), PUBLIC_URL: 'https://jobs.example.no/lift' };
  const message = (kind: Message['kind'], ...incidents: Incident[]): Message => ({ kind, incidents, at: AT });
  const gone = incident('redis_gone', 'Nothing is accepted: Redis is gone (<!channel>\r\n\u2028@all)');
  const paused = incident('queue_paused', 'Reports paused');

  it('the worst in the subject, each with its fix, and where there is more to see', () => {
    const { subject, text, url } = describeMessage(message('firing', gone, paused), config);
    expect([subject, url]).toEqual([
      'Red at jobs.example.no: Nothing is accepted: Redis is gone (<!channel> @all) (and 1 more)',
      'https://jobs.example.no/lift/admin',
    ]);
    expect(text).toBe(`Heavylift at jobs.example.no: 2 things are wrong

Red: Nothing is accepted: Redis is gone (<!channel> @all).
Look at the end of redis-0.log, and whether its disk is full. With REDIS_URL: is that Redis up, and the way to it open?
Since 29 Nov 2026, 09:38:30 UTC (1 min), seen from alfa.

Amber: Reports paused.
Resume it here, when the reason has gone.
Since 29 Nov 2026, 09:38:30 UTC (1 min), seen from alfa.

https://jobs.example.no/lift/admin`);
    const subjectOf = (kind: Message['kind']) => describeMessage(message(kind, paused), config).subject;
    expect([subjectOf('resolved'), subjectOf('reminder')]).toEqual([
      'Resolved at jobs.example.no: Reports paused',
      'Still Amber at jobs.example.no: Reports paused',
    ]);
  });

  it('a webhook: the worst at the top, all of them below, and a text in which a chat finds no command', () => {
    const body = JSON.parse(alertBody(describeMessage(message('firing', gone, paused), config)));
    expect(body).toMatchObject({
      ...{ incident: 'id-redis_gone', state: 'firing', code: 'redis_gone', level: 'red', host: 'alfa' },
      ...{ since: '2026-11-29T09:38:30.000Z', url: 'https://jobs.example.no/lift/admin', isReminder: false },
      fix: expect.stringContaining('redis-0.log'),
      incidents: [{ code: 'redis_gone' }, { code: 'queue_paused', level: 'amber', text: 'Reports paused' }],
    });
    expect(body.text).toContain('(‹!channel› @all)');
    expect(body.text).not.toMatch(/[<>]/);
    const states = (['resolved', 'reminder', 'test'] as const).map((kind) => {
      const { state, isReminder } = JSON.parse(alertBody(describeMessage(message(kind, paused), config)));
      return [state, isReminder];
    });
    expect(states).toEqual([
      ['resolved', false],
      ['firing', true],
      ['test', false],
    ]);
  });

  it('its id is the same for whoever tells it, and another one for what follows', () => {
    const idOf = (...given: Parameters<typeof message>) => describeMessage(message(...given), config).id;
    const ids = [
      idOf('firing', gone, paused),
      idOf('firing', paused, { ...gone, host: 'beta', since: 7 }),
      idOf('resolved', gone, paused),
      idOf('reminder', { ...gone, toldAt: 1 }),
      idOf('reminder', { ...gone, toldAt: 2 }),
    ];
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(4);
  });

  it('hundreds are counted', () => {
    const many = Array.from({ length: 300 }, (_, index) => incident(`worker_gone`, `Worker ${index} is gone`));
    const described = describeMessage(message('firing', ...many), config);
    expect(described.text).toMatch(/Worker 19 is gone[\s\S]+And 280 more\./);
    expect(JSON.parse(alertBody(described)).incidents).toHaveLength(300);
  });
});

describe('a host without a web process', () => {
  const web = (number: number, state: string, spawnError = ''): SupervisedProcess => ({
    ...{ name: `web-${number}`, program: 'web', group: 'web', state, pid: 0, startedAt: null, spawnError, logFile: '' },
  });

  it.each<[SupervisedProcess[], string | null]>([
    [[web(0, 'RUNNING'), web(1, 'STOPPED')], null],
    [[web(0, 'BACKOFF'), web(1, 'RUNNING')], null],
    [[web(0, 'STOPPED'), web(1, 'STOPPING')], null],
    [[], null],
    [[web(0, 'BACKOFF', 'Exited too quickly'), web(1, 'STOPPED')], 'web-0 is BACKOFF: Exited too quickly'],
    [[web(0, 'STARTING')], 'web-0 is STARTING'],
    [[{ ...web(0, 'RUNNING'), pid: 7 }], 'web-0 is starting'],
  ])('is told from one that has one, or is to have none (%#)', (processes, says) => {
    const text = `Nothing is accepted on ${hostname()}: no web process is ready there (${says})`;
    expect(findWebGone(processes, ({ pid }) => pid === 0)).toBe(says === null ? null : text);
  });

  const folder = mkdtempSync(join(tmpdir(), 'heavylift-alerts-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is told once, and resolved when it is well, also by a watch that was started anew', async () => {
    const sent: string[] = [];
    const open = (file: string) =>
      createWebAlerts({
        file: join(folder, file),
        isReady: () => true,
        log: () => {},
        marks: MARKS,
        async send({ kind, incidents: [first] }) {
          sent.push(`${kind} ${first?.code} ${first?.id}`);
          return [{ by: 'webhook', to: 'x', isTold: true, detail: '' }];
        },
      });
    const run = async (alerts: ReturnType<typeof open>, [from, to]: [number, number], state: string) => {
      for (let at = from; at < to; at += 1000) await alerts.look([web(0, state)], at);
    };
    await run(open('kept'), [0, 30_000], 'BACKOFF');
    await run(open('kept'), [30_000, 60_000], 'BACKOFF');
    await run(open('kept'), [60_000, 130_000], 'RUNNING');
    const id = sent[0]?.split(' ')[2];
    expect(sent).toEqual([`firing web_gone ${id}`, `resolved web_gone ${id}`]);
    const before = open('killed');
    // One that was gone for a moment a minute ago; and whoever ends tells of nothing that seems to be well meanwhile.
    await run(before, [140_000, 141_000], 'BACKOFF');
    await run(before, [141_000, 200_000], 'RUNNING');
    before.tellEnd(200_000);
    before.tellEnd(200_100);
    await run(before, [201_000, 230_000], 'RUNNING');
    expect(sent.slice(2)).toHaveLength(1);
    await run(open('killed'), [300_000, 400_000], 'RUNNING');
    expect(sent.slice(2).map((line) => line.split(' ')[0])).toEqual(['firing', 'resolved']);
    expect(sent[2]?.split(' ')[2]).toBe(sent[3]?.split(' ')[2]);
  });
});
