import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../../src/errors.ts';
import { createOpenApi } from '../../../src/http/openapi/index.ts';
import { describeDocument } from '../../../src/http/pages/docs/describe-document.ts';
import { ERROR_HELP } from '../../../src/http/pages/docs/error-help.ts';
import { EXAMPLES, readExamples } from '../../../src/http/pages/docs/examples.ts';
import { createSearchIndex } from '../../../src/http/pages/docs/search-index.ts';
import { MANUAL } from '../../../src/manual/pages.ts';
import { renderManual } from '../../../src/manual/render-manual.ts';
import { createFinder, wordsOf } from '../../../views/assets/docs/find.js';
import { defaultConfig } from '../../../workers/config.ts';
import { CONTRACTS, KINDS } from '../../../workers/index.ts';
import { KIND_NAMES, ROOT } from './documents.ts';

/** Files of `docs` that are for operators, or for who works on Heavylift. */
const FOR_OTHERS = [
  ...['architecture', 'deploy', 'glossary', 'metrics', 'operations', 'privacy', 'proxy', 'redis', 'runbook'],
  ...['scaling', 'testing', 'threats'],
];

const manual = renderManual({ url: 'https://jobs.example.no/h', path: '/h' });
const pages = [...manual.pages.values()];
const documented = KINDS.flatMap((kind) => kind.documented ?? []);
const document = createOpenApi({ contracts: CONTRACTS, documented, config: defaultConfig() });
const tags = describeDocument(document);
const index = createSearchIndex(tags, manual);

describe('the manual', () => {
  it('has each file of docs that is for users, and no other', () => {
    const filesIn = (folder: string) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.md'))
        .map((file) => `${folder}/${file}`);
    const others = /^docs\/(decisions|examples)\//;
    const files = [...filesIn('docs'), ...filesIn('clients')].filter((file) => !others.test(file));
    const forOthers = FOR_OTHERS.map((name) => `docs/${name}.md`);
    const all = MANUAL.flatMap((group) => group.pages);
    const named = all.map(({ name }) => name);
    expect(files.filter((file) => !forOthers.includes(file)).toSorted()).toEqual(
      all.map(({ file }) => file).toSorted(),
    );
    expect(KIND_NAMES.filter((kind) => !named.includes(kind))).toEqual([]);
  });

  it('each page has one heading of the first level, and its links lead to pages and places that are there', () => {
    const placesOf = (html: string) => new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const places = new Map(pages.map(({ name, html }) => [name, placesOf(html)]));
    const broken = pages.flatMap(({ name, html }) =>
      [...html.matchAll(/href="(?:\/h\/docs\/([^"#]+))?(?:#([^"]+))?"/g)].flatMap(([link, page = name, place]) => {
        const there = places.get(page);
        return there && (place === undefined || there.has(place)) ? [] : [`${name}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
    expect(pages.filter(({ html }) => html.split('<h1').length !== 2).map(({ name }) => name)).toEqual([]);
    expect(pages.filter(({ html }) => /<a [^>]*href="(?!#|\/h\/|https?:|mailto:)/.test(html))).toEqual([]);
  });

  it('a long file is a page for each part; links from elsewhere lead to the right one', () => {
    expect(manual.pages.get('jobs')?.parts).toEqual([]);
    const { parts = [], headings = [] } = manual.pages.get('reports') ?? {};
    expect(parts.length).toBeGreaterThan(10);
    expect(headings).toEqual([]);
    expect(manual.pages.get('images/formats')).toMatchObject({ whole: { name: 'images', title: 'Images' } });
    expect(Math.max(...pages.map(({ html }) => html.length))).toBeLessThan(40_000);
  });

  it('lines of a shell have the address that others see, and escape what they say', () => {
    const calls = manual.pages.get('calls')?.html ?? '';
    expect(calls).toContain('&quot;https://jobs.example.no/h/v1/calls&quot;');
    expect(calls).not.toContain('$URL');
    expect(manual.pages.get('widget')?.html).toContain('&lt;heavylift-upload');
  });
});

describe('the codes of errors', () => {
  it('each says what it means and what to do, as sentences', () => {
    expect(Object.keys(ERROR_HELP)).toEqual(Object.keys(ERROR_CODES));
    const texts = Object.values(ERROR_HELP).flatMap(({ means, mend }) => [means, mend]);
    expect(texts.filter((text) => !/^[A-Z`].*[.]$/.test(text))).toEqual([]);
  });

  it('what goes on by itself may succeed later, and what is said to help can', () => {
    const all = Object.entries(ERROR_HELP).map(([code, one]) => ({
      ...{ code, ...one },
      ...ERROR_CODES[code as keyof typeof ERROR_CODES],
    }));
    const waits = all.filter(({ seen }) => seen.includes('wait'));
    expect(waits.filter(({ retryable }) => !retryable)).toEqual([]);
    const mayWait = all.filter(
      ({ seen, retryable, code }) => seen.includes('job') && retryable && code !== 'flow_failed',
    );
    expect(mayWait.filter(({ seen }) => !seen.includes('wait'))).toEqual([]);
    const sentAgain = all.filter(({ mend }) => /^(Send it|Send the part|Ask) again/.test(mend));
    expect(sentAgain.map(({ code }) => code)).toContain('request_timeout');
    expect(sentAgain.filter(({ retryable }) => !retryable)).toEqual([]);
  });

  it("those in a kind's table of errors are met at jobs", () => {
    const codes = ['images/errors', 'reports/errors', 'emails/errors'].flatMap((name) =>
      [...(manual.pages.get(name)?.html ?? '').matchAll(/<td><code>([a-z_]+)<\/code>/g)].map(([, code = '']) => code),
    );
    expect(codes.length).toBeGreaterThan(20);
    const help = ERROR_HELP as Record<string, { seen: readonly string[] }>;
    expect(codes.filter((code) => !help[code]?.seen.some((one) => one !== 'answer'))).toEqual([]);
  });

  it('those that the description has as answers are met there', () => {
    const answers = tags.flatMap(({ operations }) => operations.flatMap((one) => one.answers));
    const codes = answers
      .filter(({ status }) => /^[45]/.test(status))
      .flatMap(({ description }) => [...description.matchAll(/\(`([a-z_]+)`\)/g)].map(([, code = '']) => code));
    const help = ERROR_HELP as Record<string, { seen: readonly string[] }>;
    expect(codes.length).toBeGreaterThan(100);
    expect([...new Set(codes)].filter((code) => !help[code]?.seen.includes('answer'))).toEqual([]);
  });
});

it('an operation with programs has one in each language, and is there', () => {
  const ids = tags.flatMap(({ operations }) => operations.map(({ id }) => id));
  const shown = Object.keys(EXAMPLES).map((id) => [
    ids.includes(id),
    readExamples(id, 'https://jobs.example.no').map(({ language, run }) => `${language}: ${run}`).length,
  ]);
  expect(shown.filter(([isThere, languages]) => !isThere || languages === 0)).toEqual([]);
});

describe('the search', () => {
  const find = createFinder(index);

  it.each([
    ['queue_full', '/docs/errors#queue_full'],
    ['image unreadable', '/docs/errors#image_unreadable'],
    ['retry a failed job', '/docs/api/jobs#retryJob'],
    ['postEmails', '/docs/api/emails#postEmails'],
    ['callbackUrl', '/docs/api/images#postImages'],
    ['idempotncy', '/docs/api/images#postImages'],
    ['wdith', '/docs/api/images#postImages'],
    ['Verifying', '/docs/webhooks/verifying'],
    ['whose turn', '/docs/jobs#whose-turn-it-is'],
    ['resume upload', '/docs/uploads#in-pieces'],
    ['429', '/docs/errors#rate_limited'],
    ['error codes', '/docs/errors'],
    ['erase user', '/docs/api/jobs#eraseSubject'],
    ['python client', '/docs/clients/python'],
    ['install php', '/docs/clients/php#install'],
    ['command line', '/docs/clients/node#the-command-line'],
  ])('%s: is found at %s', (question, path) => {
    expect(find(question, 5).map((one) => one.path)).toContain(path);
  });

  it('what is not there is not found; a question may be anything', () => {
    expect(['', '   ', 'qqzzqqzz', '((((', '\\', 'x'.repeat(100_000)].map((question) => find(question).length)).toEqual(
      Array.from({ length: 6 }, () => 0),
    );
    expect(find('job '.repeat(10_000)).length).toBe(20);
  });

  it('words are found however they are written', () => {
    expect(wordsOf('The callbackUrl of image_unreadable, Übung')).toEqual([
      ...['callbackurl', 'callback', 'url', 'image_unreadable', 'image', 'unreadable', 'ubung'],
    ]);
  });

  it('every entry leads to a page of the docs', () => {
    const api = tags.map(({ slug }) => `/docs/api/${slug}`);
    const known = new Set(['/docs/errors', ...api, ...pages.map(({ name }) => `/docs/${name}`)]);
    expect(index.filter(({ path }) => !known.has(path.split('#')[0] ?? ''))).toEqual([]);
    expect(index.length).toBeGreaterThan(600);
  });
});
