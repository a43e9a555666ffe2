import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { detectFormat } from '../../../workers/images/formats/detect-format.ts';
import { convertHeic } from '../../../workers/images/formats/heic/native/convert.ts';
import { findConverter } from '../../../workers/images/formats/heic/native/find-converter.ts';
import { isPlainHeic } from '../../../workers/images/formats/heic/native/is-plain.ts';
import { runLimited } from '../../../workers/images/formats/heic/native/run-limited.ts';
import { readVideoSignal } from '../../../workers/images/formats/heic/native/video-signal.ts';
import { readHeic } from '../../../workers/images/reading/read-heic.ts';
import { createThreadPool } from '../../../workers/images/threads/pool.ts';
import { buildHeic, heicFixture } from '../../support/heic/build.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';
import { config } from '../../unit/images/run.ts';

const PIXELS = 320 * 240;
const never = new AbortController().signal;
const threads = createThreadPool(1);
afterAll(() => threads.close());

let dir: ReturnType<typeof makeTempDir>;
beforeEach(() => {
  dir = makeTempDir();
});
afterEach(() => dir.remove());

const installed = findConverter({ DATA_DIR: '/nowhere' } as typeof config);

/** The upright pixels of a HEIC, decoded by a program, or in WebAssembly. */
async function decode(content: Buffer, path: string | null, signal = never) {
  const converter = path === null ? null : { path, dataDir: dir.path };
  const source = await readHeic(content, { config, threads, signal, converter }).open();
  const pixels = sharp(source.content).toColourspace('srgb').raw();
  return {
    isConverted: detectFormat(source.content) === 'jpeg',
    ...(await pixels.toBuffer({ resolveWithObject: true })),
  };
}

/** A program in the converter's place. */
function writeProgram(script: string): string {
  const path = join(dir.path, 'program');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What is left below the folder of runs. */
const leftOver = () => {
  const folder = join(dir.path, 'tmp', 'images');
  return existsSync(folder) ? readdirSync(folder) : [];
};

// Where it is not installed (`apt-get install libheif-examples`), the tests say that they were skipped.
const withConverter = installed ? describe : describe.skip;

withConverter("HEIC by libheif's converter", () => {
  it.each<[string, () => Buffer]>([
    ['a picture', () => heicFixture('quadrants')],
    ['its profile', () => heicFixture('display-p3')],
    ['a grid that is turned', () => buildHeic({ columns: 2, rows: 1, turns: 1 })],
    ['one upside down, cut at its edges', () => buildHeic({ columns: 2, rows: 2, width: 500, height: 400, turns: 2 })],
  ])('%s: the pixels that WebAssembly makes', async (_name, make) => {
    const file = make();
    const converted = await decode(file, installed?.path ?? null);
    const expected = await decode(file, null);
    expect([converted.isConverted, expected.isConverted]).toEqual([true, false]);
    expect(converted.info).toMatchObject({ width: expected.info.width, height: expected.info.height });
    const difference = expected.data.reduce((sum, value, at) => sum + Math.abs(value - (converted.data[at] ?? 0)), 0);
    expect(difference / expected.data.length).toBeLessThan(1);
    expect(leftOver()).toEqual([]);
  });

  it('one with transparency: in WebAssembly, which keeps it', async () => {
    expect((await decode(heicFixture('alpha'), installed?.path ?? null)).info.channels).toBe(4);
  });

  it('cut anywhere: what WebAssembly says of it', async () => {
    const file = heicFixture('quadrants');
    for (const share of [0.5, 0.8, 0.95]) {
      const cut = file.subarray(0, Math.floor(file.length * share));
      const outcomes = await Promise.all(
        [installed?.path ?? null, null].map((path) =>
          decode(cut, path).then(
            ({ info }) => info.width,
            (error: { code: string }) => error.code,
          ),
        ),
      );
      expect(outcomes[0]).toEqual(outcomes[1]);
    }
  });
});

describe('a program in the place of the converter', () => {
  it('is named by the setting, looked for without it, or off', () => {
    const path = writeProgram('exit 0');
    const find = (setting?: string) => findConverter({ ...config, IMAGES_HEIF_CONVERTER: setting, DATA_DIR: '/data' });
    expect(find(path)).toEqual({ path, dataDir: '/data' });
    expect(find('off')).toBeNull();
    expect(find(join(dir.path, 'nothing'))).toBeNull();
  });

  it.each([
    ['ends with an error', 'echo secret >&2; exit 3'],
    ['dies', 'kill -9 $$'],
    ['writes nothing', 'exit 0'],
    ['writes no picture', 'echo nonsense > "$4"'],
    ['takes more memory than it may', `exec ${process.execPath} -e "new ArrayBuffer(8e9)"`],
    ['writes more than it may', 'exec dd if=/dev/zero of="$4" bs=1M count=100'],
    ['writes a picture of another size', 'exec cp "$(dirname "$0")/other.jpg" "$4"'],
  ])('that %s: the picture is decoded in WebAssembly', async (_name, script) => {
    const other = sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } });
    await other.jpeg().toFile(join(dir.path, 'other.jpg'));
    const { isConverted, info } = await decode(heicFixture('quadrants'), writeProgram(script));
    expect([isConverted, info.width, info.height]).toEqual([false, 320, 240]);
    expect(leftOver()).toEqual([]);
  });

  it('that takes more time than it may: is ended', async () => {
    const limits = { seconds: 1, memoryBytes: 1e9, fileBytes: 1e6 };
    expect(await runLimited(['/bin/sh', '-c', 'while :; do :; done'], limits, never)).toBe(false);
    expect(await runLimited(['/bin/sh', '-c', 'test "$1" = "a; b"', 'sh', 'a; b'], limits, never)).toBe(true);
  });

  it('is ended with all that it started when the run is cancelled', async () => {
    const note = join(dir.path, 'note');
    const path = writeProgram(`sleep 300 & echo "$! $$" > ${note}; wait`);
    const abort = new AbortController();
    const running = convertHeic(heicFixture('quadrants'), PIXELS, { path, dataDir: dir.path }, abort.signal);
    const pids = await until('it runs', () =>
      existsSync(note) ? /^(\d+) (\d+)/.exec(readFileSync(note, 'utf8')) : null,
    );
    abort.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    for (const pid of pids.slice(1)) {
      await until(
        'it has ended',
        () => !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      );
    }
    expect(leftOver()).toEqual([]);
  });
});

describe('a HEIC whose numbers mean what a JPEG says with them', () => {
  it('8 bits without transparency, in all of their range', () => {
    expect([heicFixture('quadrants'), heicFixture('display-p3')].map(isPlainHeic)).toEqual([true, true]);
    expect(isPlainHeic(heicFixture('alpha'))).toBe(false);
  });

  it('what its directory says of them stands above its video', () => {
    const file = buildHeic({ codes: [1, 13] });
    const at = file.indexOf('nclx');
    expect(isPlainHeic(file)).toBe(true);
    // The matrix, then the range.
    for (const [place, byte] of [
      [9, 1],
      [9, 9],
      [10, 0],
    ] as const) {
      const other = Buffer.from(file);
      other[at + place] = byte;
      expect(isPlainHeic(other)).toBe(false);
    }
  });

  it.each([
    ['of an iPhone', '420101037000000300b0000003000003005aa0040200805887b9165537020202a402', true],
    ['of another', '420101016000000300b0000003000003005aa00402008059cb9244a497137020206a4020', true],
    ['of a Samsung', '42010101600000030000030000030000030099a0040200805a2d2bb25b9b828303015c50a4', true],
    ['that does not tell', '420101016000000300000300000300000300baa002d0803c1fe5f9246d9ed9', undefined],
  ])('the parameters %s', (_name, hex, isFullRange) => {
    expect(readVideoSignal(Buffer.from(hex, 'hex'))?.isFullRange).toBe(isFullRange);
  });

  it('cut anywhere, or any byte of it overwritten: plain or not, never an error', () => {
    const file = buildHeic({ columns: 2 });
    const end = Math.min(file.length, 1500);
    for (let at = 0; at < end; at += 1) {
      isPlainHeic(file.subarray(0, at));
      for (const value of [0, 127, 255]) {
        const broken = Buffer.from(file);
        broken[at] = value;
        isPlainHeic(broken);
      }
    }
  });
});
