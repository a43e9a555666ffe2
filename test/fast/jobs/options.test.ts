import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { ENVELOPE_VERSION, OPTION_FIELDS, openEnvelope, optionsSchema } from '../../../src/jobs/options/options.ts';

const NOW = Date.parse('2026-10-31T12:00:00Z');
const DAY_MS = 86_400_000;

beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'performance'] }));
afterEach(() => void jest.useRealTimers());

/** The faults of one option; none when it is taken. */
const faultsOf = (name: string, value: unknown): string[] =>
  (optionsSchema.safeParse({ [name]: value }).error?.issues ?? []).map(({ message }) => message);
const fromNow = (ms: number) => new Date(NOW + ms).toISOString();

it('no options, all options: taken as they are', () => {
  const all = {
    subject: 'customer-7',
    tags: ['a', 'b'],
    metadata: { order: 12 },
    runAt: fromNow(1000),
    expiresAt: fromNow(2000),
    callbackUrl: 'https://example.com/hook',
    deliverTo: { 'a.jpg': { url: 'https://example.com/a.jpg', headers: { 'x-a': 'b' } } },
    priority: 'high',
  };
  expect(optionsSchema.parse({})).toEqual({});
  expect(optionsSchema.parse(all)).toEqual(all);
  expect(Object.keys(all).toSorted()).toEqual(Object.keys(OPTION_FIELDS).toSorted());
});

it('every option says what it is for', () => {
  const descriptions = Object.values(OPTION_FIELDS).map((field) => field.meta()?.description);
  expect(descriptions.filter((text) => !text || text.length < 10)).toEqual([]);
});

describe('labels', () => {
  it.each([
    ['subject', 'x'.repeat(255), []],
    ['subject', 'x'.repeat(256), ['must be a text of 1 to 255 characters']],
    ['subject', '', ['must be a text of 1 to 255 characters']],
    ['subject', 'Kari Nordmann, født 1980 ☃', []],
    ['subject', 'a\tb', ['must not contain line breaks or other control characters']],
    ['subject', 'a\u0000', ['must not contain line breaks or other control characters']],
    ['subject', 'a\u009fb', ['must not contain line breaks or other control characters']],
    ['tags', [], []],
    ['tags', Array(10).fill('x'.repeat(64)), []],
    ['tags', Array(11).fill('x'), ['must be a list of at most 10 entries']],
    ['tags', ['x'.repeat(65)], ['must be a text of 1 to 64 characters']],
    ['tags', ['a', ''], ['must be a text of 1 to 64 characters']],
    ['priority', 'urgent', ['must be high, normal or low']],
  ])('%s %j: %j', (name, value, faults) => {
    expect(faultsOf(name, value)).toEqual(faults);
  });
});

describe('metadata', () => {
  /** An object whose JSON is that many bytes. */
  const ofBytes = (bytes: number) => ({ m: 'x'.repeat(bytes - '{"m":""}'.length) });
  const TOO_LARGE = ['must be a JSON object of at most 2,048 bytes'];

  it('2,048 bytes of JSON: taken; one more: refused', () => {
    expect(faultsOf('metadata', ofBytes(2048))).toEqual([]);
    expect(faultsOf('metadata', ofBytes(2049))).toEqual(TOO_LARGE);
  });

  it('bytes are counted, not characters', () => {
    expect(faultsOf('metadata', { m: 'æ'.repeat(1100) })).toEqual(TOO_LARGE);
  });

  it.each([51, 300, 50_000])('nested %s deep: refused, and nothing breaks', (levels) => {
    let deep: unknown = 1;
    for (let level = 0; level < levels; level += 1) deep = { d: deep };
    expect(faultsOf('metadata', deep)).toEqual(['must be nested at most 50 deep']);
    expect(faultsOf('metadata', { list: [[[[{ a: 1 }]]]] })).toEqual([]);
  });

  it.each([[[1]], ['text'], [7], [null]])('%j, which is no object: refused', (value) => {
    expect(faultsOf('metadata', value)).toHaveLength(1);
  });
});

describe('moments', () => {
  const NO_MOMENT = ['must be a date and time like 2026-10-31T08:00:00Z'];

  it('runAt: up to 30 days ahead, or in the past; not a moment later', () => {
    expect(faultsOf('runAt', fromNow(30 * DAY_MS))).toEqual([]);
    expect(faultsOf('runAt', fromNow(30 * DAY_MS + 1))).toEqual(['must be at most 30 days ahead']);
    expect(faultsOf('runAt', fromNow(-DAY_MS))).toEqual([]);
  });

  it('expiresAt: in the future, however near or far', () => {
    expect(faultsOf('expiresAt', fromNow(1))).toEqual([]);
    expect(faultsOf('expiresAt', fromNow(1000 * DAY_MS))).toEqual([]);
    expect(faultsOf('expiresAt', fromNow(0))).toEqual(['must be in the future']);
  });

  it('an offset is understood: 13:30 in Oslo is 12:30 UTC', () => {
    expect(faultsOf('expiresAt', '2026-10-31T13:30:00+01:00')).toEqual([]);
    expect(faultsOf('expiresAt', '2026-10-31T12:30:00+01:00')).toEqual(['must be in the future']);
  });

  it.each(['tomorrow', '2026-11-01', '2026-11-01T08:00:00', '2026-02-30T08:00:00Z', ''])(
    '%j is no moment: refused with an example',
    (text) => {
      expect(faultsOf('runAt', text)).toContain(NO_MOMENT[0]);
      expect(faultsOf('expiresAt', text)).toContain(NO_MOMENT[0]);
    },
  );
});

describe('openEnvelope', () => {
  const envelope = { v: ENVELOPE_VERSION, caller: 'kari', input: {}, uploads: {}, options: {} };

  it('of this version: given back as it is', () => {
    expect(openEnvelope(envelope)).toBe(envelope);
  });

  it('of a later version: put back, without an attempt, and the reason is said', () => {
    const open = () => openEnvelope({ ...envelope, v: ENVELOPE_VERSION + 1 });
    expect(open).toThrow(expect.objectContaining({ code: 'later_version', retryable: true, usesAttempt: false }));
    expect(open).toThrow(/later version/);
  });

  it.each([
    ['the version as a text', { ...envelope, v: String(ENVELOPE_VERSION) }],
    ['no version', { input: {} }],
    ['null', null],
    ['nothing', undefined],
    ['a text', 'v1'],
  ])('%s: refused for good, with the reason', (_name, data) => {
    const open = () => openEnvelope(data);
    expect(open).toThrow(AppError);
    // It is nothing that whoever posts jobs could mend.
    expect(open).toThrow(expect.objectContaining({ code: 'internal', isFinal: true }));
    expect(open).toThrow(/damaged/);
  });
});
