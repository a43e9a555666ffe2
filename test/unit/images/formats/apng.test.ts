import { beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type Apng, readApng } from '../../../../workers/images/formats/apng/read-apng.ts';
import { drawApngFrames } from '../../../../workers/images/picture/apng-frames.ts';
import { BITMAP_BYTES } from '../../../../workers/images/picture/decode-memory.ts';
import { readSource } from '../../../../workers/images/picture/source.ts';
import { readMovingPng } from '../../../../workers/images/reading/read-moving-png.ts';
import { type ApngPart, buildApng } from '../../../support/images/apng.ts';
import { config, failureOf, run } from '../run.ts';

const draw = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 4, background } })
    .png()
    .toBuffer();

/** The top left, the middle and the bottom right pixel of each frame, as #rrggbbaa; clear ones as -. */
async function shownIn(file: Buffer): Promise<string[]> {
  const { data, info } = await sharp(file, { animated: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  const colour = (frame: number, x: number, y: number) => {
    const at = 4 * ((frame * height + y) * info.width + x);
    return data[at + 3] === 0 ? '-' : `#${data.toString('hex', at, at + 4)}`;
  };
  const middle = info.width >> 1;
  return Array.from({ length: info.height / height }, (_, frame) =>
    [colour(frame, 0, 0), colour(frame, middle, middle), colour(frame, info.width - 1, height - 1)].join(' '),
  );
}

const deps = { config, signal: new AbortController().signal };
const [RED, BLUE, GREEN] = ['#ff0000ff', '#0000ffff', '#00ff00ff'];
let red: Buffer;
let blue: Buffer;
let haze: Buffer;
let clear: Buffer;

beforeAll(async () => {
  [red, blue, haze, clear] = (await Promise.all([
    draw(12, 12, RED),
    draw(6, 6, BLUE),
    draw(6, 6, '#00ff0080'),
    draw(6, 6, '#00000000'),
  ])) as [Buffer, Buffer, Buffer, Buffer];
});

const animate = async (frames: ApngPart[], fields = {}) => {
  const file = buildApng({ width: 12, height: 12, frames, plays: 3 });
  return run(file, { format: 'webp', lossless: true, ...fields });
};

describe('an animated PNG: each frame as browsers show it', () => {
  const place = { left: 3, top: 3 };
  it.each<[string, () => ApngPart[], string[]]>([
    [
      'laid on what is there',
      () => [{ png: red }, { png: blue, ...place }, { png: blue }],
      [`${RED} ${RED} ${RED}`, `${RED} ${BLUE} ${RED}`, `${BLUE} ${BLUE} ${RED}`],
    ],
    [
      'taken away again',
      () => [{ png: red }, { png: blue, ...place, dispose: 'previous' }, { png: blue }],
      [`${RED} ${RED} ${RED}`, `${RED} ${BLUE} ${RED}`, `${BLUE} ${RED} ${RED}`],
    ],
    [
      'leaving a hole',
      () => [{ png: red }, { png: blue, ...place, dispose: 'background' }, { png: blue }],
      [`${RED} ${RED} ${RED}`, `${RED} ${BLUE} ${RED}`, `${BLUE} - ${RED}`],
    ],
    [
      'the first one taken away: nothing is left',
      () => [{ png: red, dispose: 'previous' }, { png: blue }],
      [`${RED} ${RED} ${RED}`, `${BLUE} - -`],
    ],
    [
      'half clear, laid over',
      () => [{ png: red }, { png: haze, ...place, blend: 'over' }],
      [`${RED} ${RED} ${RED}`, `${RED} #7f8000ff ${RED}`],
    ],
    [
      'clear, in the place of what is there',
      () => [{ png: red }, { png: clear, ...place }],
      [`${RED} ${RED} ${RED}`, `${RED} - ${RED}`],
    ],
  ])('%s', async (_name, frames, expected) => {
    const { content, result, metadata } = await animate(frames());
    expect(await shownIn(content)).toEqual(expected);
    expect(result.source).toMatchObject({ format: 'png', animated: true, pages: expected.length });
    expect(metadata).toMatchObject({ loop: 3, delay: expected.map(() => 100) });
  });

  it('a picture for others that is no frame: shown where one picture is asked for', async () => {
    const still = await draw(12, 12, GREEN as string);
    const file = buildApng({ width: 12, height: 12, still, frames: [{ png: red }, { png: blue }] });
    expect(await shownIn((await run(file, { format: 'webp', lossless: true })).content)).toEqual(
      [`${RED} ${RED} ${RED}`, `${BLUE} ${BLUE} ${RED}`].map((colours, index) =>
        index === 1 ? `${BLUE} ${RED} ${RED}` : colours,
      ),
    );
    expect(await shownIn((await run(file)).content)).toEqual([`${GREEN} ${GREEN} ${GREEN}`]);
  });

  it('palettes, 16 bits, interlacing: each frame is a PNG like the first', async () => {
    const noise = sharp({
      create: {
        width: 12,
        height: 12,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    for (const options of [{ palette: true, colours: 16 }, { progressive: true }, { compressionLevel: 0 }]) {
      const png = await noise.clone().png(options).toBuffer();
      const { content } = await animate([{ png }, { png }]);
      const [frame] = [await sharp(content, { page: 1 }).removeAlpha().raw().toBuffer()];
      expect(frame.equals(await sharp(png).removeAlpha().raw().toBuffer())).toBe(true);
    }
  });

  it('one frame asked for by page, the first ones by maxFrames', async () => {
    const file = buildApng({
      width: 12,
      height: 12,
      frames: [{ png: red }, { png: blue, left: 3, top: 3 }, { png: red }],
    });
    const second = await run(file, { page: 2 });
    expect([await shownIn(second.content), second.result.warnings]).toEqual([[`${RED} ${BLUE} ${RED}`], []]);
    expect(second.result.source).toMatchObject({ pages: 3, format: 'png' });
    expect(await shownIn((await run(file, { format: 'webp', lossless: true, maxFrames: 2 })).content)).toHaveLength(2);
    expect((await failureOf(file, { page: 4 })).code).toBe('invalid_request');
  });
});

it('one frame of an animated PNG: drawn in the pixels of those before it, which count for its memory', async () => {
  const file = buildApng({ width: 12, height: 12, frames: [{ png: red }, { png: blue }, { png: blue, left: 6 }] });
  const source = { ...(await readSource(file)), apng: readApng(file) as Apng };
  const shown = new Set<Buffer>();
  for await (const { data } of drawApngFrames(source, { maxPixels: 144, secondsLeft: () => 60 })) shown.add(data);
  expect(shown.size).toBe(1);
  const { facts } = await readMovingPng(file, source.apng, deps, { page: 3 });
  expect(facts.decodeBytes).toBe(BITMAP_BYTES);
});

describe('an animated PNG that is damaged, or hostile', () => {
  it('frames that are missing: image_unreadable; where damage is accepted, what there is', async () => {
    const file = buildApng({ width: 12, height: 12, frames: [{ png: red }, { png: blue }], announced: 3 });
    expect((await failureOf(file, { format: 'webp' })).code).toBe('image_unreadable');
    const { result } = await run(file, { format: 'webp', damaged: 'accept' });
    expect(result.source.pages).toBe(2);
  });

  it('a frame beyond the edges: never drawn there', async () => {
    const file = buildApng({ width: 12, height: 12, frames: [{ png: red }, { png: blue, left: 0xffff_fff0 }] });
    expect((await failureOf(file, { format: 'webp' })).code).toBe('image_unreadable');
  });

  it('more frames, or pixels over all of them, than are taken: payload_too_large', async () => {
    const tiny = await draw(1, 1, RED);
    const frames = (count: number) => [{ png: red }, ...Array<ApngPart>(count - 1).fill({ png: tiny })];
    const many = buildApng({ width: 12, height: 12, frames: frames(11) });
    expect((await failureOf(many, { format: 'webp' })).code).toBe('payload_too_large');
    const large = buildApng({
      width: 1500,
      height: 1500,
      frames: [{ png: await draw(1500, 1500, RED) }, { png: tiny }],
    });
    expect((await failureOf(large, { format: 'webp' })).message).toMatch(/2 frames, 4,500,000 in all|in 2 frames/);
  });
});
