import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../../src/config/config-error.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { loadPresets, parsePresets } from '../../../../workers/images/input/presets.ts';
import { createImages, images } from '../../../../workers/images/job.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

/** The lines by which a presets file is refused; none when it is taken. */
function faultsOf(load: () => unknown): string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

const parse = (presets: unknown) => faultsOf(() => parsePresets(JSON.stringify(presets), 'my.json'));

describe('the presets of a rendition', () => {
  const { input } = createImages({
    thumb: { width: 200, height: 200, fit: 'cover', format: 'webp', background: 'fff' },
    exact: { lossless: true, format: 'png' },
    dense: { dpr: 4 },
  });
  const faults = (fields: unknown) =>
    (input.safeParse(fields).error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);

  it('its name: stands for its options, and is not kept', () => {
    const [rendition] = input.parse({ preset: 'thumb' }).renditions;
    expect(rendition).toMatchObject({ name: 'image', width: 200, fit: 'cover', format: 'webp', background: '#fff' });
    expect(rendition).not.toHaveProperty('preset');
  });

  it('beside options: these stand above its own, each by itself, in a list too', () => {
    const own = { name: 'small', width: 50, fit: 'inside' };
    for (const fields of [{ preset: 'thumb', ...own }, { renditions: [{ preset: 'thumb', ...own }] }]) {
      expect(input.parse(fields).renditions).toMatchObject([
        { name: 'small', width: 50, height: 200, fit: 'inside', format: 'webp' },
      ]);
    }
  });

  it('what a job stores: the options, so that it stays the same when the presets change', () => {
    const stored = JSON.parse(JSON.stringify(input.parse({ preset: 'thumb' })));
    expect(images.input.parse(stored)).toEqual(input.parse({ preset: 'thumb' }));
  });

  it('an unknown one: refused, with those there are; where there are none, that is said', () => {
    expect(faults({ preset: 'thum' })).toEqual(['/preset: must be thumb, exact or dense']);
    expect(faults({ renditions: [{ preset: '__proto__' }] })).toEqual([
      '/renditions/0/preset: must be thumb, exact or dense',
    ]);
    const none = images.input.safeParse({ preset: 'thumb' }).error?.issues;
    expect(none).toMatchObject([{ path: ['preset'], message: 'must be left out: there are no presets here' }]);
  });

  it('together with options that do not go with its own: refused like any such', () => {
    expect(faults({ preset: 'exact', format: 'jpeg' })).toEqual([expect.stringMatching(/^\/lossless: needs a format/)]);
    expect(faults({ preset: 'dense', width: 5000 })).toEqual(['/width: must be at most 4096 with a dpr of 4']);
  });
});

describe('a file of presets', () => {
  let dir: ReturnType<typeof makeTempDir>;
  beforeAll(() => {
    dir = makeTempDir();
  });
  afterAll(() => dir.remove());

  it('the one that comes along: is taken, and is the default', () => {
    const file = join(import.meta.dirname, '../../../../presets.json');
    const shipped = Object.keys(JSON.parse(readFileSync(file, 'utf8')));
    expect(Object.keys(loadPresets(defaultConfig()))).toEqual(shipped);
    expect(shipped).toEqual(expect.arrayContaining(['thumb', 'card', 'hero', 'avatar']));
  });

  it('IMAGES_PRESETS: another file in its place', () => {
    const file = join(dir.path, 'own.json');
    writeFileSync(file, '{"wide": {"width": 3000}}');
    expect(loadPresets({ IMAGES_PRESETS: file })).toEqual({ wide: { width: 3000 } });
  });

  it('IMAGES_PRESETS that leads nowhere: one line with the path', () => {
    const file = join(dir.path, 'none.json');
    expect(faultsOf(() => loadPresets({ IMAGES_PRESETS: file }))).toEqual([
      `IMAGES_PRESETS: ${file}: there is no such file`,
    ]);
  });

  it.each([
    [{ thumb: { width: 0 } }, 'preset "thumb", width: must be a whole number from 1 to 16384'],
    [{ thumb: { widht: 1 } }, 'preset "thumb", widht: is not a known option'],
    [{ thumb: { name: 'x' } }, 'preset "thumb", name: is not a known option'],
    [{ thumb: 7 }, 'preset "thumb", must be an object'],
    [
      { thumb: { lossless: true } },
      'preset "thumb", lossless: needs a format that keeps every pixel: ' +
        'set format to one of webp, avif, png, tiff, auto',
    ],
    [{ thumb: { position: { x: 3, y: 0 } } }, 'preset "thumb", position.x: must be a number from 0 to 1'],
    [
      { 'My Thumb': {} },
      'preset "My Thumb", its name must be 1 to 64 lower-case letters, digits, hyphens or underscores',
    ],
    [['thumb'], 'must be an object: a name and options for each preset'],
  ])('%j: one line that names file, preset and field', (presets, line) => {
    expect(parse(presets)).toEqual([`IMAGES_PRESETS: my.json: ${line}`]);
  });

  it('several faults: a line each', () => {
    expect(parse({ a: { width: 0 }, b: { fit: 'x', blur: 0 } })).toHaveLength(3);
  });

  it('no JSON: said so', () => {
    expect(faultsOf(() => parsePresets('{', 'my.json'))).toEqual([
      expect.stringMatching(/^IMAGES_PRESETS: my\.json: is not JSON: /),
    ]);
  });
});
