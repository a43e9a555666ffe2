import { describe, expect, it } from '@jest/globals';
import { addUp, type Books, describeBalance, isBalanced, type KnownJob } from '../../drill/ledger.ts';
import type { Posted } from '../../drill/load.ts';
import { createRandom } from '../../drill/random.ts';
import { describeSoak, findGrown, type SoakRow } from '../../drill/soak.ts';

const posted = (key: string, kind = 'images', more: Partial<Posted> = {}): Posted => ({
  key,
  kind,
  id: `job of ${key}`,
  outcome: 'accepted',
  hasWebhook: false,
  ...more,
});
const known = (key: string, state = 'completed', more: Partial<KnownJob> = {}): KnownJob => ({
  id: `job of ${key}`,
  kind: 'images',
  state,
  error: null,
  ...more,
});
const sent = { kind: 'emails', result: { state: 'sent' } };
const told = { webhook: { state: 'completed' } };
const balanceOf = (books: Partial<Books>) =>
  addUp({ posted: [], jobs: [], madeRoom: new Set(), mails: new Map(), webhooks: new Map(), ...books });

describe('the ledger of the drill', () => {
  it('everything is there, once: it balances', () => {
    const balance = balanceOf({
      posted: [
        posted('a'),
        posted('b', 'emails'),
        posted('c', 'reports', { hasWebhook: true }),
        posted('d'),
        posted('e', 'images', { outcome: 'refused', id: null }),
        posted('f'),
        posted('g', 'images', { outcome: 'erased', id: null }),
      ],
      madeRoom: new Set(['job of f']),
      jobs: [
        known('a', 'failed', { error: { code: 'worker_lost' } }),
        known('b', 'completed', sent),
        known('c', 'completed', told),
        known('d', 'delayed'),
        known('w', 'completed', { kind: 'webhooks' }),
      ],
      mails: new Map([['b@example.net', 1]]),
      webhooks: new Map([['job of c', new Set(['1'])]]),
    });
    expect(balance).toMatchObject({ posted: 7, refused: 1, accepted: 6, madeRoom: 2, errors: { worker_lost: 1 } });
    expect(isBalanced(balance)).toBe(true);
    expect(describeBalance(balance)).toContain(
      'accepted 6 = completed 2 + failed 1 + cancelled 0 + waiting 1 + erased to make room 2',
    );
  });

  it.each<[string, Partial<Books>, string[]]>([
    ['lost', { posted: [posted('a'), posted('b')], jobs: [known('a')] }, ['b']],
    [
      'ghosts',
      {
        posted: [posted('a'), posted('b', 'images', { outcome: 'refused', id: null })],
        jobs: [known('a'), known('b')],
      },
      ['job of b'],
    ],
    [
      'doubled',
      {
        posted: [posted('a', 'emails')],
        jobs: [known('a', 'completed', sent)],
        mails: new Map([['a@example.net', 2]]),
      },
      ['a'],
    ],
    [
      'doubled',
      {
        posted: [posted('a', 'images', { hasWebhook: true })],
        jobs: [known('a', 'completed', told)],
        webhooks: new Map([['job of a', new Set(['1', '2'])]]),
      },
      ['a'],
    ],
    ['silent', { posted: [posted('a', 'emails')], jobs: [known('a', 'completed', sent)] }, ['a']],
    ['silent', { posted: [posted('a', 'images', { hasWebhook: true })], jobs: [known('a', 'completed', told)] }, ['a']],
    ['silent', { posted: [posted('a', 'images', { hasWebhook: true })], jobs: [known('a')] }, ['a']],
    [
      'wrong',
      {
        posted: [posted('a')],
        jobs: [known('a', 'completed', { result: { renditions: [{ width: 20, format: 'webp' }] } })],
      },
      ['a'],
    ],
    [
      'unexplained',
      { posted: [posted('a')], jobs: [known('a', 'failed', { error: { code: 'internal' } })] },
      ['job of a (internal)'],
    ],
    [
      'unsettled',
      { posted: [posted('a'), posted('b', 'images', { outcome: 'unknown', id: null })], jobs: [known('a')] },
      ['b'],
    ],
  ])('%s: named, and it does not balance', (name, books, keys) => {
    const balance = balanceOf(books);
    expect(balance[name as 'lost']).toEqual(keys);
    expect(isBalanced(balance)).toBe(false);
  });

  it('nothing was accepted: that is no balance', () => {
    expect(isBalanced(balanceOf({ posted: [posted('a', 'images', { outcome: 'refused', id: null })] }))).toBe(false);
  });

  it('a mail that the relay may have, and did not answer for: neither silent nor doubled', () => {
    const books = {
      posted: [posted('a', 'emails')],
      jobs: [known('a', 'completed', { kind: 'emails', result: { state: 'unknown' } })],
    };
    expect(isBalanced(balanceOf(books))).toBe(true);
    expect(isBalanced(balanceOf({ ...books, mails: new Map([['a@example.net', 1]]) }))).toBe(true);
  });
});

it('a soak: what grew by more than a tenth, and by more than a little, is named', () => {
  const rows = [
    { name: 'web-0', figures: { rssMb: [140, 150], files: [25, 28], threads: [11, 11] } },
    { name: 'images-0', figures: { rssMb: [100, 130], files: [25, 40], threads: [10, 10] } },
    { name: 'Redis', figures: { redisMb: [20, 23], usedMb: [20, 60] } },
  ] satisfies SoakRow[];
  expect(findGrown(rows)).toEqual([
    'images-0: rssMb from 100 to 130',
    'images-0: files from 25 to 40',
    'Redis: redisMb from 20 to 23',
  ]);
  expect(describeSoak(rows)).toMatch(/^images-0 +rssMb 100 -> 130 \(\+30\.0 %\)/m);
});

it('chance with a seed: the same again, another with another seed', () => {
  const draw = (seed: number) => createRandom(seed).shuffle(Array.from({ length: 30 }, (_, index) => index));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
});
