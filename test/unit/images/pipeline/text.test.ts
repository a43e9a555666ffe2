import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { Rendition } from '../../../../workers/images/input/rendition.ts';
import { images } from '../../../../workers/images/job.ts';
import { listMissing } from '../../../../workers/images/pipeline/text/missing-glyphs.ts';
import { typeset } from '../../../../workers/images/pipeline/text/typeset.ts';
import { colourAt } from '../pictures.ts';
import { run } from '../run.ts';

const blank = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#000' } })
  .png()
  .toBuffer();
const NONE = [0, 0] as const;
const faultsOf = (fields: object): string[] =>
  (images.input.safeParse(fields).error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);

/** The box of what is not black in a picture; undefined when all of it is. */
async function inkOf(image: Buffer, page = 0) {
  const { data, info } = await sharp(image, { page }).grayscale().raw().toBuffer({ resolveWithObject: true });
  const seen = Array.from(data.entries()).flatMap(([at, value]) =>
    value > 60 ? [Math.floor(at / info.channels)] : [],
  );
  if (seen.length === 0) return undefined;
  const [columns, rows] = [seen.map((at) => at % info.width), seen.map((at) => Math.floor(at / info.width))];
  const of = (list: number[]) => [Math.min(...list), Math.max(...list)] as const;
  return { across: of(columns), down: of(rows), pixels: seen.length };
}

const written = async (text: unknown, fields = {}) => (await run(blank, { format: 'png', text, ...fields })).content;
const drawn = (words: string) => typeset(words, { size: 40, colour: '#fff', align: 'left' });

describe('a text over a picture', () => {
  it('alone: stands at the bottom right within its margin, white, a twentieth of the width high', async () => {
    const ink = await inkOf(await written('© Kari'));
    expect(ink?.across[1]).toBeGreaterThan(270);
    expect(ink?.across[1]).toBeLessThan(285);
    expect(ink?.down[0]).toBeGreaterThan(150);
    expect(ink?.down[1]).toBeLessThan(185);
  });

  it.each([
    ['northwest', [0, 0]],
    ['east', [1, 0.5]],
    ['south', [0.5, 1]],
    ['centre', [0.5, 0.5]],
  ])('at %s: it stands there', async (position, [x = 0, y = 0]) => {
    const ink = await inkOf(await written({ text: 'Here', position, margin: 0, size: 40 }));
    const [across, down] = [ink?.across ?? NONE, ink?.down ?? NONE];
    const middle = (along: readonly [number, number], length: number) => (along[0] + along[1]) / 2 / length;
    expect(Math.abs(middle(across, 300) - x)).toBeLessThan(0.2);
    expect(Math.abs(middle(down, 200) - y)).toBeLessThan(0.2);
  });

  it('its size: in pixels, as a share of the width, more of them on a dense screen', async () => {
    const height = async (size: unknown, fields = {}) => {
      const ink = await inkOf(await written({ text: 'H', size, margin: 4 }, fields));
      return (ink?.down[1] ?? 0) - (ink?.down[0] ?? 0);
    };
    const twenty = await height(20);
    expect(Math.abs((await height(60)) / twenty - 3)).toBeLessThan(0.4);
    expect(await height('20%')).toBe(await height(60));
    expect(await height(30, { dpr: 2 })).toBe(await height(60));
  });

  it('its colour and opacity', async () => {
    const full = await written({ text: '████', colour: 'rgb(255, 0, 0)', size: 80, position: 'centre' });
    expect(await colourAt(full, 0.5, 0.5)).toEqual([255, 0, 0, 255]);
    const half = await written({ text: '████', colour: '#f008', opacity: 0.5, size: 80, position: 'centre' });
    const [red = 0] = await colourAt(half, 0.5, 0.5);
    expect(red).toBeGreaterThan(60);
    expect(red).toBeLessThan(76);
  });

  it('markup: is text as it was typed', async () => {
    const [plain, tagged] = [await drawn('b'), await drawn('<b>b</b>')];
    expect(tagged?.width).toBeGreaterThan(3 * (plain?.width ?? 0));
    for (const words of ['<', '&amp;', '"\'', '</span>', '&#0;', 'a\u0000b\u0007', '\ud800x', '\uffff\ufffe1']) {
      expect(await drawn(words)).toBeDefined();
    }
  });

  it('what does not fit: is set smaller until it does, nothing is cut', async () => {
    for (const text of ['word '.repeat(99), 'W'.repeat(500), `${'\n'.repeat(3)}line`.repeat(5)]) {
      const ink = await inkOf(await written({ text, size: 2000, margin: 0, position: 'centre' }));
      expect(ink?.pixels).toBeGreaterThan(200);
      expect(ink?.down[0]).toBeGreaterThan(0);
      expect(ink?.down[1]).toBeLessThan(199);
    }
  });

  it('a picture of a few pixels: is made', async () => {
    const { metadata } = await run(blank, {
      format: 'png',
      width: 2,
      text: { text: 'W'.repeat(500), size: 2000, margin: 4096 },
    });
    expect(metadata.width).toBe(2);
  });

  it('nothing to be seen: the picture as it is', async () => {
    expect(await inkOf(await written('\u2800'))).toBeUndefined();
  });

  it('of an animation: on every frame; of a grey picture: in its colour', async () => {
    const animation = await sharp([blank, blank, blank], { join: { animated: true } })
      .webp({ loop: 0 })
      .toBuffer();
    const { content } = await run(animation, { text: { text: '████', size: 40 }, format: 'gif' });
    const pages = (await sharp(content).metadata()).pages ?? 1;
    for (let page = 0; page < pages; page += 1) expect(await inkOf(content, page)).toBeDefined();
    const grey = await sharp(blank).grayscale().jpeg().toBuffer();
    const red = await run(grey, { text: { text: '████', size: 80, colour: 'red', position: 'centre' } });
    expect((await colourAt(red.content, 0.5, 0.5))[0]).toBeGreaterThan(200);
  });
});

describe('scripts', () => {
  it('Arabic: its letters are joined, from right to left', async () => {
    const [joined, apart] = [await drawn('ببب'), await drawn('ب\u200cب\u200cب')];
    expect(joined?.width).toBeLessThan(0.8 * (apart?.width ?? 0));
    const right = (await drawn('ااا اب'))?.data.length;
    expect(right).toBeGreaterThan(0);
  });

  it('Hebrew with a number in it: the number reads from left to right, the rest from right to left', async () => {
    const [mixed, reversed] = [await drawn('אבג 123'), await drawn('123 אבג')];
    expect(mixed?.data.equals(reversed?.data ?? Buffer.alloc(0))).toBe(false);
  });

  const missing = async (words: string) =>
    (await listMissing({ name: 'a', text: { text: words } } as Rendition))[0]?.message;

  it('what the bundled fonts have: is not missed', async () => {
    expect(await missing('Ångström Ωμέγα Жук שָׁלוֹם مَرحبا – “x” €™… 123 ١٢٣')).toBeUndefined();
  });

  it('what no font has: is named in a warning, once each', async () => {
    expect(await missing('a\ufdd0b\ufdd0 \u{1fffe}\u200d')).toBe(
      'No font has "\ufdd0" (U+FDD0), "\u{1fffe}" (U+1FFFE): boxes stand in their place. ' +
        "Install a font of that script on the workers' machine.",
    );
    const { result } = await run(blank, { text: 'x\ue999' });
    expect(result.warnings).toMatchObject([{ code: 'missing_glyph', rendition: 'image' }]);
  });
});

describe('the fields of a text', () => {
  it('a text alone: has every default', () => {
    const [rendition] = images.input.parse({ text: '© Kari' }).renditions;
    expect(rendition?.text).toEqual({
      text: '© Kari',
      size: '5%',
      colour: '#ffffff',
      position: 'southeast',
      opacity: 1,
      margin: 16,
    });
    expect(
      images.input.parse({ renditions: [{ text: { text: 'a\nb', colour: 'red' } }] }).renditions[0]?.text,
    ).toMatchObject({
      text: 'a\nb',
      colour: '#ff0000',
    });
  });

  it.each([
    [{ text: '' }, '/text: must be a text of 1 to 500 characters, not of spaces alone'],
    [{ text: ' \n\u200d' }, '/text: must be a text of 1 to 500 characters, not of spaces alone'],
    [{ text: 'a'.repeat(501) }, '/text: must be a text of 1 to 500 characters, not of spaces alone'],
    [{ text: 7 }, '/text: must be a text, or an object with text'],
    [{ text: { text: 'a', size: 3 } }, '/text/size: must be a whole number from 4 to 2000'],
    [{ text: { text: 'a', size: '0%' } }, expect.stringMatching(/^\/text\/size: must be a share/)],
    [{ text: { text: 'a', position: 'top' } }, expect.stringMatching(/\(did you mean north\?\)$/)],
    [{ text: { text: 'a', colour: 'reddish' } }, expect.stringMatching(/^\/text\/colour: must be a colour as in CSS/)],
  ])('%j: one fault that names the field and its limits', (fields, fault) => {
    expect(faultsOf(fields)).toEqual([fault]);
  });
});
