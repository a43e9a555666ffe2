import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createDrawer } from '../../../../src/drawings/draw.ts';
import { sizeOf } from '../../../../src/drawings/length.ts';
import { readDrawing, writeDrawing } from '../../../../src/drawings/read-drawing.ts';
import { type RenditionOptions, withDefaults } from '../../../../workers/images/input/rendition.ts';
import { chooseDrawnSize } from '../../../../workers/images/reading/drawn-size.ts';
import { pngHeader } from '../../../support/images/png-header.ts';
import { ICON, svgOf } from '../../../support/reports/drawings.ts';
import { until } from '../../../support/until.ts';
import { colourAt } from '../pictures.ts';
import { failureOf, run } from '../run.ts';

const LIMITS = { maxBytes: 100_000, maxPixels: 1_000_000 };
const read = (content: Buffer) => readDrawing({ content, ...LIMITS });
const pngUrl = (png: Buffer, type = 'image/png') => `data:${type};base64,${png.toString('base64')}`;

describe("a drawing's own size", () => {
  it.each([
    [{ width: '100', height: '50' }, [100, 50]],
    [{ width: '1in', height: '25.4mm' }, [96, 96]],
    [{ width: '72pt', height: '6pc' }, [96, 96]],
    [{ width: '2em', height: '.5e2px' }, [32, 50]],
    [{ viewBox: '0 0 24 48' }, [24, 48]],
    [{ viewBox: '-5,-5 24,48', width: '100%', height: '100%' }, [24, 48]],
    [{ viewBox: '0 0 24 48', width: '100' }, [100, 200]],
    [{ viewBox: '0 0 24 48', height: '96' }, [48, 96]],
    [{}, [300, 150]],
    [{ width: '100%' }, [300, 150]],
    [{ width: 'calc(1px)', height: '20' }, [300, 20]],
  ])('%o', (attributes, [width, height]) => {
    const size = sizeOf(attributes);
    expect([size?.width, size?.height].map((side) => Math.round(side ?? 0))).toEqual([width, height]);
  });

  it('of nothing: none', () => {
    expect([sizeOf({ width: '0', height: '5' }), sizeOf({ width: '-1', height: '5' })]).toEqual([null, null]);
  });

  it('beyond all numbers: a figure that can be told', () => {
    expect(sizeOf({ width: '1e400', height: '5' })).toEqual({ width: 1e9, height: 5 });
    expect(sizeOf({ viewBox: '0 0 1e300 1' })?.width).toBe(1e9);
  });
});

describe('what a drawing may hold', () => {
  it.each([
    ['a picture of an address', '<image href="https://x.example/a.png"/>', /refers to something outside .*x\.example/],
    ['a picture of the disk', '<image xlink:href="file:///etc/passwd"/>', /refers to something outside/],
    ['a part of another drawing', '<use href="other.svg#a"/>', /refers to something outside/],
    ['a filter that fetches', '<filter><feImage href="//x.example/a"/></filter>', /refers to something outside/],
    ['a fill that is elsewhere', '<rect fill="url( \'https://x.example/#a\' )"/>', /refers to something outside/],
    ['a style that is elsewhere', '<rect style="mask:url(b.svg#m)"/>', /refers to something outside/],
    ['a font of an address', '<style>@font-face{src:url(https://x.example/f)}</style>', /refers to something outside/],
    ['an import', '<style><![CDATA[ @import "a.css"; ]]></style>', /imports a style sheet/],
    ['an import with a comment in it', '<style>@imp<!-- -->ort "a.css";</style>', /imports a style sheet/],
    ['an import in pieces', '<style>@im<![CDATA[po]]><g><style>x</style></g>rt "a.css";</style>', /imports a style/],
    ['an import with escapes', '<style>@\\69 mport "a.css";</style>', /imports a style sheet/],
    ['an escaped font', '<style>@font-face{src:u\\72l(https://x.example/f)}</style>', /refers to something outside/],
    ['an escaped style', '<rect style="mask:\\55\\000052 L(b.svg#m)"/>', /refers to something outside/],
    ['an escaped quote', '<rect style="mask:url(&quot;\\&quot;b.svg#m&quot;)"/>', /refers to something outside/],
    ['a script', '<script>alert(1)</script>', /holds a script/],
    ['HTML', '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>', /holds HTML/],
    ['XInclude', '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="a"/>', /includes another file/],
    ['a drawing inside', `<image href="data:image/svg+xml;base64,${ICON.toString('base64')}"/>`, /no PNG, JPEG/],
    ['a picture of too many pixels', `<image href="${pngUrl(pngHeader(2000, 2000))}"/>`, /pictures of more than/],
    ['elements in 250 others', `${'<g>'.repeat(250)}${'</g>'.repeat(250)}`, /nests more than 250 elements/],
    ['XML that ends', '<g', /no well-formed XML/],
  ])('%s: refused', (_name, content, words) => {
    expect(() => read(svgOf(content))).toThrow(words);
  });

  it.each([
    ['entities', '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', /declares entities/],
    ['a style sheet', '<?xml-stylesheet href="a.css"?><svg/>', /refers to a style sheet/],
    ['another document', '<html><svg/></html>', /is no SVG: it begins with <html>/],
    ['more bytes than are taken', gzipSync(Buffer.alloc(200_000, ' ')), /more than 100,000 bytes, unpacked/],
    ['a packed file cut off', gzipSync(ICON).subarray(0, -20), /truncated or damaged/],
  ])('%s: refused', (_name, content, words) => {
    expect(() => read(Buffer.from(content))).toThrow(words);
  });

  it('itself, pictures in it, links, data fonts, a text beside HTML, a doctype without entities: taken', async () => {
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const content = [
      '<a href="https://example.com"><rect id="r" style="fill:url(#g)"/></a><use xlink:href="#r"/>',
      `<image href="${pngUrl(png)}"/><style>@font-face{src:url(data:font/woff2;base64,AAAA)}</style>`,
      '<switch><foreignObject/><text>Hei</text></switch>',
    ].join('');
    const doctype =
      '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">';
    expect(read(Buffer.concat([Buffer.from(doctype), svgOf(content)]))).toMatchObject({ width: 100, height: 100 });
  });

  it.each([
    ['with a mark', Buffer.from(`\ufeff${ICON}`)],
    ['in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(ICON.toString(), 'utf16le')])],
    ['packed', gzipSync(ICON)],
    ['copied out of a page', Buffer.from(ICON.toString().replace(/xmlns="[^"]*"/, ''))],
  ])('an icon %s: read, and written at another size', (_name, content) => {
    const written = writeDrawing(read(content), 512, 512).toString();
    expect(written).toMatch(/^<svg [^>]*viewBox="0 0 24 24"[^>]* width="512" height="512"[^>]*><circle/);
    expect(written).toContain('xmlns="http://www.w3.org/2000/svg"');
  });
});

describe('the size that a drawing is drawn at', () => {
  const own = { width: 24, height: 24 };
  const drawFor = (size: typeof own, ...asked: RenditionOptions[]) => {
    const renditions = asked.map(withDefaults);
    const drawn = chooseDrawnSize(size, renditions);
    return { ...drawn, renditions: renditions.map(drawn.renditionOf) };
  };

  it('is that of the largest rendition, also where that is larger than the drawing', () => {
    const { size, renditions } = drawFor(own, { width: 100 }, { width: 60, height: 200, fit: 'cover' }, {});
    expect(size).toEqual({ width: 200, height: 200 });
    expect(renditions).toMatchObject([{ width: 100 }, { width: 60, height: 200 }, { width: 24, height: 24 }]);
  });

  it('says nothing of the size of a rendition that has none', () => {
    const wide = { width: 200, height: 100 };
    const { renditions } = drawFor(wide, { width: 800 }, { aspectRatio: '1:1' }, { radius: 'circle' }, { rotate: 90 });
    const square = { width: 100, height: 100 };
    expect(renditions).toMatchObject([{ width: 800, height: 400 }, square, square, { width: 100, height: 200 }]);
  });

  it('grows with a crop, whose place grows along; not without end', () => {
    const crop = { left: 12, top: 0, width: 12, height: 24 };
    const { size, renditions } = drawFor(own, { crop, width: 120 });
    expect(size).toEqual({ width: 240, height: 240 });
    expect(renditions[0]?.crop).toEqual({ left: 120, top: 0, width: 120, height: 240 });
    const point = drawFor(own, { crop: { left: 23, top: 23, width: 1, height: 1 }, width: 9000 });
    expect(point.size.width * point.size.height).toBeLessThan(12_100_000);
    expect(point.renditions[0]).toMatchObject({ width: 9000, enlarge: true });
  });

  it('keeps the proportions of one that has fractions of pixels', () => {
    const { size, renditions } = drawFor({ width: 1, height: 1.6 }, { width: 500 }, {});
    expect(size).toEqual({ width: 500, height: 800 });
    expect(renditions).toMatchObject([
      { width: 500, height: 800 },
      { width: 1, height: 2 },
    ]);
  });
});

it('a region of a drawing that is drawn larger: hidden all the same', async () => {
  const halves = svgOf(
    '<rect width="12" height="24"/><rect x="12" width="12" height="24" fill="red"/>',
    'viewBox="0 0 24 24"',
  );
  const regions = [{ left: 6, top: 0, width: 12, height: 24, effect: 'pixelate' }];
  const { content } = await run(halves, { width: 240, regions });
  expect(await colourAt(content, 0.1, 0.5)).toEqual([0, 0, 0, 255]);
  // The border between the halves lies in the middle of a cell.
  const [red = 0] = await colourAt(content, 0.49, 0.5);
  expect([red > 20, red < 235]).toEqual([true, true]);
});

it.each([
  [
    'a size in CSS',
    'style="width:400px;height:50px"',
    '<style>svg { width: 300px !important; min-height: 9px; x: 9px }</style>',
  ],
  ['a place', 'transform="translate(50 0)"', ''],
])('%s of its own: what is hidden lies there, and it is as large as asked', async (_name, attributes, rules) => {
  // Stripes: each cell of what is hidden has the mean of several.
  const secret = Array.from(
    { length: 15 },
    (_, row) => `<path d="M20 ${21 + 4 * row}h60" stroke="red" stroke-width="2"/>`,
  );
  const drawing = svgOf(rules + secret.join(''), `width="200" height="100" viewBox="0 0 200 100" ${attributes}`);
  const left = attributes.startsWith('transform') ? 70 : 20;
  const regions = [{ left, top: 20, width: 60, height: 60, effect: 'pixelate' }];
  const { content, result } = await run(drawing, { width: 400, regions, background: '#000' });
  expect(result.source).toMatchObject({ width: 200, height: 100 });
  const { data, info } = await sharp(content).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const opaque = data.filter((value, at) => at % 4 === 3 && value > 200).length;
  expect([info.width, info.height, opaque]).toEqual([400, 200, 0]);
  expect((await colourAt(content, (left + 30) / 200, 0.5))[3]).toBeGreaterThan(80);
});

it('a drawing with a prefix before its names: drawn', async () => {
  const drawing =
    '<s:svg xmlns:s="http://www.w3.org/2000/svg" width="8" height="8"><s:rect width="8" height="8"/></s:svg>';
  expect(await colourAt((await run(Buffer.from(drawing))).content, 0.5, 0.5)).toEqual([0, 0, 0, 255]);
});

describe('what draws the drawings of one report', () => {
  /** The processes that draw for this one. */
  const drawing = (): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('draw-child');
      } catch {
        return false;
      }
    });

  it('is one process for all of them, and another after a drawing that fails; none is left', async () => {
    const drawer = createDrawer();
    const never = new AbortController().signal;
    const draw = (svg: Buffer, seconds = 10) => drawer.draw({ svg, width: 100, height: 100, seconds }, never);
    const red = svgOf('<rect width="100" height="100" fill="#f00"/>');
    const blue = svgOf('<rect width="100" height="100" fill="#00f"/>');
    const colours: number[][] = [];
    const pids: string[][] = [];
    for (const svg of [red, blue, red]) {
      colours.push(await colourAt(await draw(svg), 0.5, 0.5));
      pids.push(drawing());
    }
    expect(new Set(pids.flat()).size).toBe(1);
    expect(colours[0]).toEqual(colours[2]);
    expect(colours[0]).not.toEqual(colours[1]);
    await expect(draw(Buffer.from('<svg'))).rejects.toThrow('could not be drawn');
    expect(await colourAt(await draw(blue), 0.5, 0.5)).toEqual(colours[1]);
    expect(drawing()).not.toEqual(pids[0]);
    // As where memory is short, between two drawings.
    process.kill(Number(drawing()[0]), 'SIGKILL');
    await until('its process has ended', () => drawing().length === 0);
    expect(await colourAt(await draw(red), 0.5, 0.5)).toEqual(colours[0]);
    drawer.close();
    await until('its process has ended', () => drawing().length === 0);
  });
});

describe('a drawing as an image', () => {
  it('is drawn sharp at the size asked for, and comes back as a PNG', async () => {
    const { result, content, rendition } = await run(ICON, { width: 480 });
    expect(result.source).toMatchObject({ format: 'svg', width: 24, height: 24, bytes: ICON.length });
    expect(rendition).toMatchObject({ width: 480, height: 480, format: 'png' });
    // A disc's edge is two pixels wide at most, not twenty.
    const { data } = await sharp(content).extractChannel(3).raw().toBuffer({ resolveWithObject: true });
    const edge = [...data.subarray(240 * 480, 241 * 480)].filter((alpha) => alpha > 0 && alpha < 255);
    expect(edge.length).toBeLessThan(5);
    expect(await colourAt(content, 0.5, 0.5)).toEqual([0, 128, 128, 255]);
  });

  it('as a watermark: sharp at the size that it has there, and of its own size unless asked', async () => {
    const photo = await sharp({ create: { width: 200, height: 200, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const watermark = { file: 'logo', position: 'northwest' };
    const { content } = await run(photo, { watermark: { ...watermark, width: '100%' } }, { logo: ICON });
    expect(await colourAt(content, 0.5, 0.2)).toEqual([0, 128, 128, 255]);
    const own = (await run(photo, { watermark }, { logo: ICON })).content;
    expect(await colourAt(own, 0.06, 0.06)).toEqual([0, 128, 128, 255]);
    expect(await colourAt(own, 0.13, 0.06)).toEqual([255, 255, 255, 255]);
  });

  it('what it may not hold: image_unreadable, in a sentence', async () => {
    const { code, message } = await failureOf(svgOf('<image href="http://169.254.169.254/"/>'));
    expect([code, message]).toEqual([
      'image_unreadable',
      expect.stringMatching(/^The SVG refers to something outside/),
    ]);
  });
});
