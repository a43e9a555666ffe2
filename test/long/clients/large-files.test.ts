import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { LANGUAGES } from '../../support/clients/examples.ts';
import { measureProgram } from '../../support/clients/peak.ts';
import { PROBED, probeCommand } from '../../support/clients/probe.ts';
import { type CuttingProxy, openCuttingProxy } from '../../support/http/cutting-proxy.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

// Files of 1 GB over connections that are cut, while web dies: what arrives, and how much memory the client takes.

const BYTES = 1_000_000_000;
const CUTS = 6;
const DEATH = 3;

let product: Product;
let proxy: CuttingProxy;
let file: string;
let sha256: string;
const print = (line: string) => process.stdout.write(`${line}\n`);
const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
const mostMbOf = (language: string): number => LANGUAGES[language]?.mostMb ?? 0;
const settings = (language: string) => ({
  ...LANGUAGES[language]?.env,
  HEAVYLIFT_URL: proxy.url,
  HEAVYLIFT_KEY: KEYS.kari,
});

beforeAll(async () => {
  product = await startProduct({ kinds: ['images'], env: { REPORTS_MAX_FILE_BYTES: '2000000000' } });
  proxy = await openCuttingProxy(product.url);
  file = join(product.dir, 'large.bin');
  const block = randomBytes(1_000_000);
  function* blocks() {
    for (let index = 0; index < BYTES / block.length; index += 1) {
      block.writeUInt32LE(index);
      yield Buffer.from(block);
    }
  }
  await pipeline(Readable.from(blocks()), createWriteStream(file));
  sha256 = await hashOf(file);
}, 300_000);
afterAll(async () => {
  await proxy.close();
  await product.close();
});

/** Cuts connections each time as many bytes have passed, and once web dies and comes back; `reach` waits for that many. */
async function disturb(reach: (bytes: number) => Promise<unknown>): Promise<void> {
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await reach(Math.ceil((cut * BYTES) / (CUTS + 1)));
    if (cut === DEATH) await product.web.stop('SIGKILL');
    proxy.cut();
    if (cut === DEATH) await product.restartWeb();
  }
  proxy.goOn();
}

/** How many bytes clients have sent. */
async function sent(): Promise<number> {
  const bytes = await proxy.stopAt(0);
  proxy.goOn();
  return bytes;
}

/** Fetches the upload again, over cuts. */
async function download(language: string, id: string): Promise<void> {
  const target = join(product.dir, `${language}.bin`);
  const given = {
    name: 'large.bin',
    url: `/v1/uploads/${id}/file`,
    type: 'application/octet-stream',
    bytes: BYTES,
    sha256,
  };
  const asked = probeCommand([language, 'download', given, target]);
  const passed = () => {
    const [name] = readdirSync(product.dir).filter((entry) => entry.includes(`${language}.bin`));
    return name === undefined ? 0 : statSync(join(product.dir, name)).size;
  };
  const hits: number[] = [];
  const reach = async (bytes: number) => {
    const there = await until('more has come', () => passed() >= bytes && passed(), { timeoutMs: 300_000 });
    if (there < BYTES) hits.push(there);
  };
  const fetching = measureProgram(asked, settings(language)).then((ended) => {
    if (!existsSync(target)) throw new Error(ended.output);
    return ended;
  });
  const [down] = await Promise.all([fetching, disturb(reach)]);
  // Node alone says where it has put what.
  expect([null, [target]]).toContainEqual(JSON.parse(down.output).value);
  expect(await hashOf(target)).toBe(sha256);
  expect(readdirSync(product.dir).filter((entry) => entry.endsWith('.part'))).toEqual([]);
  print(
    `${language}: 1 GB down over ${hits.length} cuts, in ${down.seconds.toFixed(0)} s; the client had ${down.peakMb.toFixed(0)} MB at most`,
  );
  expect(down.peakMb).toBeLessThan(mostMbOf(language));
  rmSync(target);
}

describe.each(Object.keys(LANGUAGES))('clients/%s', (language) => {
  it('1 GB is uploaded over cuts and a death of web, and downloaded again: whole, in little memory', async () => {
    const before = await sent();
    const command = LANGUAGES[language]?.command('examples/upload') ?? [];
    const [up] = await Promise.all([
      measureProgram([...command, file], settings(language)),
      disturb((bytes) => proxy.stopAt(before + bytes)),
    ]);
    const factor = ((await sent()) - before) / BYTES;
    expect(up.output).toMatch(/^upd_\w+\n$/);
    const id = up.output.trim();
    const uploaded = await (await product.request(`/v1/uploads/${id}`)).json();
    expect(uploaded).toMatchObject({ state: 'complete', bytes: BYTES, sha256 });
    print(
      `${language}: 1 GB up over ${CUTS} cuts, one a death of web, in ${up.seconds.toFixed(0)} s; each byte was sent ` +
        `${factor.toFixed(3)} times; the client had ${up.peakMb.toFixed(0)} MB at most`,
    );
    expect(up.peakMb).toBeLessThan(mostMbOf(language));
    if (PROBED.includes(language)) await download(language, id);
    await product.request(`/v1/uploads/${id}`, { method: 'DELETE' });
  }, 900_000);

  it('a photo of 45 MB goes along with its POST, in little memory', async () => {
    const noise = {
      width: 4000,
      height: 3750,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    } as const;
    const photo = join(product.dir, 'photo.png');
    writeFileSync(
      photo,
      await sharp({ create: { ...noise, background: '#000' } })
        .png({ compressionLevel: 0 })
        .toBuffer(),
    );
    const out = join(product.dir, `${language}.webp`);
    const command = LANGUAGES[language]?.command('examples/image') ?? [];
    const ended = await measureProgram([...command, photo, '800', out], settings(language));
    expect((await sharp(out).metadata()).width).toBe(800);
    print(
      `${language}: a photo of ${(statSync(photo).size / 1e6).toFixed(0)} MB; the client had ${ended.peakMb.toFixed(0)} MB at most`,
    );
    expect(ended.peakMb).toBeLessThan(mostMbOf(language));
  }, 300_000);

  it('a key that does not hold: one line, before a byte of the file is sent', async () => {
    const before = await sent();
    const command = LANGUAGES[language]?.command('examples/upload') ?? [];
    const ended = await measureProgram([...command, file], { ...settings(language), HEAVYLIFT_KEY: 'hl_nobody' }, 1);
    print(`${language}: a wrong key: ${ended.output.trim()} (exit 1, ${(await sent()) - before} bytes sent)`);
    expect(ended.output).toBe('The API key is not known.\n');
    expect((await sent()) - before).toBeLessThan(2000);
  });
});
