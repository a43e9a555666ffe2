import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { ALLOCATOR } from '../../../bin/launch/config/process-environment.ts';
import { chunk, exifOf, packedText, pngWith, repeat } from '../../support/hostile/blocks.ts';
import { HOSTILE_GIFS, tiffPages } from '../../support/hostile/tiff-gif-heif.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** What one process of images may take with the default number of places. */
const MOST_BYTES = 700_000_000;
/** What it comes back to: what it had when idle, and what the allocator keeps. */
const IDLE_BYTES = 350_000_000;

let product: Product;

beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const memoryOf = (pid: number, name: 'VmHWM' | 'VmRSS') =>
  1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${name}:\\s+(\\d+)`))?.[1]);

async function post(image: Buffer, query: string): Promise<string> {
  const headers = { 'Content-Type': 'application/octet-stream' };
  const request = { method: 'POST', headers, body: new Uint8Array(image), key: KEYS.ola };
  const answer = await product.request(`/v1/images?${query}`, request);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

it('one caller sends hostile and huge files: the process stays within its memory, another caller’s jobs are done', async () => {
  // As the start has it: without, glibc keeps what large pictures took.
  const worker = product.startWorker('images', ALLOCATOR);
  await product.jobReaches(await postPhoto(product, { width: '4' }), 'completed');
  const create = { width: 7000, height: 7000, channels: 3, background: '#27507c' } as const;
  const interlaced = await sharp({ create }).toColourspace('rgb16').png({ progressive: true }).toBuffer();
  const progressive = await sharp({ create }).jpeg({ progressive: true }).toBuffer();
  const files: [Buffer, string][] = [
    [pngWith(repeat(packedText(7_000_000), 100)), 'width=4'],
    [pngWith(chunk('eXIf', exifOf(15_000))), 'width=4&metadata=copyright'],
    [tiffPages(200_000), 'width=4'],
    [(HOSTILE_GIFS[0] as [string, () => Buffer])[1](), 'width=4'],
    [interlaced, 'width=400'],
    [progressive, ''],
    [progressive, 'format=avif'],
    [progressive, 'format=webp'],
  ];
  const hostile: string[] = [];
  const waits: number[] = [];
  for (const [file, query] of [...files, ...files]) {
    hostile.push(await post(file, query));
    const small = await postPhoto(product, { width: '10' });
    const { createdAt, finishedAt } = await product.jobReaches(small, 'completed');
    waits.push(Date.parse(String(finishedAt)) - Date.parse(String(createdAt)));
  }
  const ended = async (id: string) => {
    const job = (await (await product.request(`/v1/jobs/${id}`, { key: KEYS.operator })).json()) as { state: string };
    return ['completed', 'failed'].includes(job.state);
  };
  for (const id of hostile) await until(`${id} has ended`, () => ended(id), { timeoutMs: 300_000 });
  const figures = `${memoryOf(worker.pid, 'VmHWM')} bytes at most; the others waited ${Math.max(...waits)} ms at most`;
  process.stdout.write(`${figures}\n`);
  expect(memoryOf(worker.pid, 'VmHWM')).toBeLessThan(MOST_BYTES);
  await until('its memory is given back', () => memoryOf(worker.pid, 'VmRSS') < IDLE_BYTES);
});
