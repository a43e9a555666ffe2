import { describe, expect, it } from '@jest/globals';
import { writePictureElement } from '../../../../workers/images/result/picture-element.ts';
import { drawQuadrants } from '../pictures.ts';
import { run } from '../run.ts';

const made = async (fields: Record<string, unknown>) => {
  const { result } = await run(await drawQuadrants(100, 80).jpeg().toBuffer(), fields);
  const renditions = result.renditions.map(({ name, width, height }) => `${name} ${width}x${height}`);
  return {
    result,
    renditions,
    leftOut: result.warnings
      .filter(({ code }) => code === 'width_left_out')
      .map(({ code, rendition }) => `${code} ${rendition}`),
  };
};

describe('a picture in several widths', () => {
  it('in two formats: the whole <picture>, the newer format first, and what the request says it shows', async () => {
    const { result, renditions } = await made({ widths: [25, 50], formats: ['jpeg', 'webp'], alt: 'Four "fields"' });
    expect(renditions).toEqual(['w25-jpeg 25x20', 'w50-jpeg 50x40', 'w25-webp 25x20', 'w50-webp 50x40']);
    const picture = writePictureElement({ ...result, placeholder: 'abc' }, (file) => `/f/${file}`);
    expect(picture?.split('\n')).toEqual([
      '<picture>',
      '  <source type="image/webp" srcset="/f/w25-webp.webp 25w, /f/w50-webp.webp 50w" sizes="(min-width: 50px) 50px, 100vw">',
      '  <img src="/f/w50-jpeg.jpg" srcset="/f/w25-jpeg.jpg 25w, /f/w50-jpeg.jpg 50w" sizes="(min-width: 50px) 50px, 100vw" ' +
        'width="50" height="40" alt="Four &quot;fields&quot;" loading="lazy" decoding="async" data-thumbhash="abc">',
      '</picture>',
    ]);
  });

  it('wider than the image: the first such width at its own, the others are left out, and it says so', async () => {
    const { renditions, leftOut } = await made({ widths: [300, 40, 200], formats: ['webp', 'png'] });
    expect(renditions).toEqual(['w40-webp 40x32', 'w200-webp 100x80', 'w40-png 40x32', 'w200-png 100x80']);
    expect(leftOut).toEqual(['width_left_out w300-webp', 'width_left_out w300-png']);
  });

  it("the image's own width among them: it stands for all wider ones", async () => {
    const { renditions, leftOut } = await made({ widths: [100, 200] });
    expect(renditions).toEqual(['w100 100x80']);
    expect(leftOut).toEqual(['width_left_out w200']);
  });

  it('enlarge: all are made', async () => {
    const { renditions, leftOut } = await made({ widths: [100, 200], enlarge: true });
    expect(renditions).toEqual(['w100 100x80', 'w200 200x160']);
    expect(leftOut).toEqual([]);
  });

  it('of a part: the width of the part counts', async () => {
    const crop = { left: 0, top: 0, width: 30, height: 30 };
    const { renditions, leftOut } = await made({ widths: [20, 40, 60], crop });
    expect(renditions).toEqual(['w20 20x20', 'w40 30x30']);
    expect(leftOut).toEqual(['width_left_out w60']);
  });
});
