import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { reports } from '../../../../workers/reports/job.ts';
import { LANGUAGE_NAMES, languageOf, openWords } from '../../../../workers/reports/locales/index.ts';
import { en } from '../../../../workers/reports/locales/languages/en.ts';
import { renderTo } from '../../../support/pdf/render.ts';
import { readPages } from '../bench.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heavylift-words-'));
});
afterAll(() => rm(dir, { recursive: true }));

const KEYS = Object.keys(en) as (keyof typeof en)[];
const placeholdersOf = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

it('every language has words without gaps, and what is filled into them', () => {
  for (const name of LANGUAGE_NAMES) {
    const { messages } = openWords(name);
    for (const key of KEYS) {
      const word = messages[key];
      expect([name, key, word]).toEqual([name, key, word.trim().normalize('NFC')]);
      expect([name, key, placeholdersOf(word)]).toEqual([name, key, placeholdersOf(en[key])]);
    }
  }
});

it('a language is found by its tag, one of a country or a way of writing before the others', () => {
  const tags = {
    ...{ 'nb-NO': 'nb', no: 'no', 'en-GB': 'en', 'vi-VN': 'vi', 'th-TH-u-ca-buddhist': 'th', iw: 'he' },
    ...{ pt: 'pt-BR', 'pt-BR': 'pt-BR', 'pt-AO': 'pt-AO', zh: 'zh-Hans', 'zh-TW': 'zh-Hant', 'zh-Hant-HK': 'zh-Hant' },
  };
  for (const [locale, lang] of Object.entries(tags)) expect([locale, languageOf(locale)]).toEqual([locale, lang]);
  const users = ['pt', 'pt-BR', 'pt-PT', 'pt-AO', 'zh', 'zh-TW'].map((lang) => openWords(lang).messages.user);
  expect(users).toEqual(['Usuário', 'Usuário', 'Utilizador', 'Utilizador', '用户', '使用者']);
  const own = openWords('vi', { total: 'Tổng' });
  expect([own.messages.total, own.lacking()]).toEqual(['Tổng', []]);
  expect([own.messages.noData, own.lacking()]).toEqual(['No data', ['noData']]);
  expect(openWords('de').messages.total).toBe('Summe');
});

it('words of a request: by their keys, with what is filled in, and no others', () => {
  const read = (words: object) => {
    const { error } = reports.input.safeParse({ data: { title: 'T' }, words });
    return error?.issues.map(({ path, message }) => `${path.slice(1).join('/')} ${message}`) ?? [];
  };
  expect(read({ total: 'Всього', footer: '{page} з {pages}' })).toEqual([]);
  expect(read({ footer: 'Сторінка {page}' })).toEqual(['footer must have {pages} in it']);
  expect(read({ vatOf: 'ПДВ' })).toEqual(['vatOf must have {rate} and {net} in it']);
  expect(read({ total: '' })).toEqual(['total must be a text of 1 to 200 characters']);
  expect(read({ total: 'a\nb' })).toEqual(['total must not contain line breaks or other control characters']);
  const { error } = reports.input.safeParse({ data: { title: 'T' }, words: { totals: 'x' } });
  expect(error?.issues).toEqual([expect.objectContaining({ code: 'unrecognized_keys', keys: ['totals'] })]);
});

it('a report in a language without words: its own are printed, and one warning names the others', async () => {
  const pdf = join(dir, 'words.pdf');
  const table = { type: 'table', columns: [{ key: 'a' }, { key: 'n' }], totals: { n: 'sum' } };
  const blocks = [
    {
      ...table,
      rows: [
        { a: true, n: 1 },
        { a: false, n: 2 },
      ],
    },
  ];
  const words = { total: 'Tổng cộng', yes: 'Có' };
  const header = '{title} {page} {date} {none}';
  const rest = { locale: 'vi-VN', timeZone: 'Pacific/Auckland', header };
  // What is filled in is not looked at again.
  const { warnings } = await renderTo(pdf, { ...rest, words, data: { title: '{pages}', blocks } });
  const [page = ''] = await readPages(pdf);
  expect(page).toMatch(/^\{pages\} 1 1 thg 11, 2026 \{none\}\s+\{pages\}/);
  expect(page).toMatch(/Có +1\s+No +2\s+Tổng cộng +3\s+Page 1 of 1/);
  expect(warnings).toEqual([
    {
      code: 'english_words',
      message: 'There are no words in Vietnamese for footer, no: they are English. "words" takes others.',
      page: 1,
    },
  ]);
});

it('the docs list the languages that there are', () => {
  const docs = readFileSync('docs/reports.md', 'utf8');
  const listed = /"Page 1 of 3" \(([\w, -]+); others: en\)/.exec(docs)?.[1]?.split(', ');
  expect(listed).toEqual(LANGUAGE_NAMES.filter((name) => name !== 'no').toSorted());
});
