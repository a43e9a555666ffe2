import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { compressAnswers } from '../../../src/http/compress.ts';
import { createWidgetRouter, joinWidget } from '../../../src/http/pages/widget.ts';
import { takesFile } from '../../../views/assets/widget/sending.js';
import { createPhrases } from '../../../views/assets/widget/words.js';
import { makeTempDir } from '../../support/temp-dir.ts';

/** What the file may weigh on its way to a browser. */
const MOST_BYTES = 15_000;

describe('GET /heavylift-upload.js', () => {
  const app = express().use(compressAnswers).use(createWidgetRouter());
  const ask = (headers: Record<string, string> = {}) => request(app).get('/heavylift-upload.js').set(headers);

  it('may be loaded and kept by pages of any origin', async () => {
    const { status, headers } = await ask();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=3600, stale-while-revalidate=86400',
      'content-type': 'text/javascript; charset=utf-8',
    });
    const again = await ask({ 'If-None-Match': headers['etag'] ?? '' });
    expect([again.status, again.headers['access-control-allow-origin']]).toEqual([304, '*']);
  });

  it('is one small module without imports', async () => {
    const script = joinWidget();
    expect(script).not.toMatch(/^\s*(?:import|export .* from)\b|\bimport\(|\beval\(|innerHTML/m);
    const { path, remove } = makeTempDir();
    const file = join(path, 'widget.mjs');
    writeFileSync(file, script);
    const module = await import(file);
    remove();
    expect(Object.keys(module).toSorted()).toEqual(
      ['HeavyliftUpload', 'UploadError', 'postJob', 'readJob', 'takesFile', 'uploadFile'].toSorted(),
    );
    const sizes = [gzipSync(script).length, brotliCompressSync(script).length];
    expect(Math.max(...sizes)).toBeLessThan(MOST_BYTES);
  });
});

it.each([
  ['photo.jpg', 'image/jpeg', 'image/*', true],
  ['photo.jpg', 'image/jpeg', 'image/png, IMAGE/JPEG', true],
  ['notes.txt', 'text/plain', 'image/*', false],
  ['photo.HEIC', '', 'image/*', true],
  ['photo.HEIC', '', '.jpg,.heic', true],
  ['notes', '', '.jpg,.heic', false],
  ['notes.txt', 'text/plain', '', true],
])('the file %s of the type "%s" is taken by accept="%s": %s', (name, type, accept, isTaken) => {
  expect(takesFile({ name, type }, accept)).toBe(isTaken);
});

it('its words are filled in by the rules of the language they are written in', () => {
  const limits = { count: 4, bytes: 20e6 };
  const english = createPhrases({}, 'de', limits);
  expect([english.word('mostFiles'), english.word('mostBytes'), english.word('added', { count: 1 })]).toEqual([
    'Up to 4 files.',
    'At most 20 MB each.',
    '1 file added.',
  ]);
  const polish = createPhrases(
    { added: { one: '{count} plik', few: '{count} pliki', other: '{count} plik\u00f3w' } },
    'pl',
    limits,
  );
  expect([1, 2, 5].map((count) => polish.word('added', { count }))).toEqual(['1 plik', '2 pliki', '5 plik\u00f3w']);
  expect([polish.size(1_500_000), polish.percent(40)]).toEqual(['1,5 MB', '40%']);
  expect(createPhrases({ added: 'x' }, 'no-such-language-tag-at-all', limits).language).toBe('en');
});
