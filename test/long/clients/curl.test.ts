import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { runCurl } from '../../support/clients/curl.ts';
import { openForgetfulProxy } from '../../support/clients/forgetful-proxy.ts';
import { type Product, startProduct } from '../../support/product.ts';

let product: Product;
let jpeg: Buffer;
/** A file in the product's folder, which goes when the tests end. */
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  product = await startProduct({ kinds: ['images'] });
});
afterAll(() => product.close());

const run = (args: string[], env: Record<string, string> = {}) => runCurl(product.url, args, env);

async function imageJobs(): Promise<string[]> {
  const { jobs } = (await (await product.request('/v1/jobs?kind=images&limit=100')).json()) as {
    jobs: { id: string }[];
  };
  return jobs.map(({ id }) => id);
}

describe('curl.sh: submit', () => {
  it('an image: its rendition is written as wide as asked; the same again: the same job', async () => {
    const [file, out] = [inFolder('a photo; of curl.jpg', jpeg), inFolder('curl-small.jpg')];
    const first = await run(['submit', file, '30', out]);
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^img_\w+\n$/) });
    expect(await sharp(readFileSync(out)).metadata()).toMatchObject({ format: 'jpeg', width: 30, height: 20 });
    expect((await run(['submit', file, '30', out])).stdout).toBe(first.stdout);
    expect((await run(['submit', file, '20', out])).stdout).not.toBe(first.stdout);
    expect((await sharp(readFileSync(out)).metadata()).width).toBe(20);
  });

  it("the answer to its POST is lost: it is sent again, and is one job's", async () => {
    const before = await imageJobs();
    const proxy = await openForgetfulProxy(product.url);
    const [file, out] = [inFolder('photo.jpg', Buffer.concat([jpeg, Buffer.from('x')])), inFolder('lost.jpg')];
    const { code, stdout } = await run(['submit', file, '25', out], { URL: proxy.url });
    await proxy.close();
    expect(code).toBe(0);
    expect(proxy.posts()).toBe(2);
    expect((await imageJobs()).filter((id) => !before.includes(id))).toEqual([stdout.trim()]);
  });

  it.each([
    ['not an image', 'just a text, and a long one', '30', /^The file is not an image/],
    ['a width of 0', '', '0', /^width must be .*\.\n$/],
  ])('%s: the sentence of the refusal, and nothing is written', async (_name, content, width, sentence) => {
    const out = inFolder('curl-none.jpg');
    const ended = await run(['submit', inFolder('refused.jpg', content || jpeg), width, out]);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  it('an image that is truncated: the sentence of the job that failed', async () => {
    const [file, out] = [inFolder('cut.jpg', jpeg.subarray(0, -200)), inFolder('curl-none.jpg')];
    const { code, stdout, stderr } = await run(['submit', file, '30', out]);
    const { error } = await product.jobReaches(stdout.trim(), 'failed');
    expect([code, stderr]).toEqual([1, `${(error as { detail: string }).detail}\n`]);
    expect(existsSync(out)).toBe(false);
  });

  it('too few arguments: how it is called', async () => {
    const ended = await run(['submit', 'photo.jpg']);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('submit FILE WIDTH OUT [CALLBACK_URL]') });
  });

  it('a key that does not hold, and a file that is not there: told in one line', async () => {
    const args = (file: string) => ['submit', file, '30', inFolder('curl-none.jpg')];
    const stranger = await run(args(inFolder('photo.jpg', jpeg)), { KEY: 'nobody' });
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*key[^\n]*\n$/) });
    const lost = await run(args('/nowhere/photo.jpg'));
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*\/nowhere\/photo\.jpg[^\n]*\n$/) });
  });
});
