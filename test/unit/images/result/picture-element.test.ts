import { describe, expect, it } from '@jest/globals';
import type { ImageFormat } from '../../../../workers/images/formats/image-format.ts';
import type { ImagesResult } from '../../../../workers/images/result/images-result.ts';
import { writePictureElement } from '../../../../workers/images/result/picture-element.ts';
import { savedAs } from '../../../../workers/images/result/saved-as.ts';

type Rendition = ImagesResult['renditions'][number];

const rendition = (format: ImageFormat, width: number, height: number, bytes = 1000): Rendition => {
  const name = `${format}-${width}`;
  return { name, width, height, format, bytes, quality: 80, file: `${name}.${format}` };
};
const urlOf = (file: string) => `/f/${file}`;
const write = (renditions: Rendition[], placeholder?: string) =>
  writePictureElement({ renditions, ...(placeholder ? { placeholder } : {}) }, urlOf);

describe('the <picture> of a job', () => {
  it('three formats in two widths: AVIF, WebP, then the JPEG as img, each with its widths from small to large', () => {
    const sizes = [
      [1600, 1067],
      [800, 533],
    ] as const;
    const renditions = (['jpeg', 'webp', 'avif'] as const).flatMap((format) =>
      sizes.map(([width, height]) => rendition(format, width, height)),
    );
    const shown = 'sizes="(min-width: 1600px) 1600px, 100vw"';
    expect(write(renditions, 'lksOVIhAh5h+/A==')?.split('\n')).toEqual([
      '<picture>',
      `  <source type="image/avif" srcset="/f/avif-800.avif 800w, /f/avif-1600.avif 1600w" ${shown}>`,
      `  <source type="image/webp" srcset="/f/webp-800.webp 800w, /f/webp-1600.webp 1600w" ${shown}>`,
      `  <img src="/f/jpeg-1600.jpeg" srcset="/f/jpeg-800.jpeg 800w, /f/jpeg-1600.jpeg 1600w" ${shown} ` +
        'width="1600" height="1067" alt="[describe the picture here]" loading="lazy" decoding="async" data-thumbhash="lksOVIhAh5h+/A==">',
      '</picture>',
    ]);
  });

  it('one rendition: an img with its size, no list', () =>
    expect(write([rendition('webp', 800, 600)])).toBe(`<picture>
  <img src="/f/webp-800.webp" width="800" height="600" alt="[describe the picture here]" loading="lazy" decoding="async">
</picture>`));

  it('what it shows, as the request said, escaped; an empty one for a picture that only decorates', () => {
    const renditions = [rendition('webp', 800, 600)];
    expect(writePictureElement({ renditions, alt: 'A "b" <c>' }, urlOf)).toContain('alt="A &quot;b&quot; &lt;c&gt;"');
    expect(writePictureElement({ renditions, alt: '' }, urlOf)).toContain('alt=""');
  });

  it('another cut of the picture is left out: a browser may exchange any of a list for another', () => {
    const html = write([rendition('jpeg', 200, 200), rendition('jpeg', 800, 533), rendition('jpeg', 1600, 1067)]);
    expect(html).not.toContain('jpeg-200');
    expect(html).toContain('/f/jpeg-800.jpeg 800w, /f/jpeg-1600.jpeg 1600w');
  });

  it('sides rounded to whole pixels are the same shape', () =>
    expect(write([rendition('webp', 100, 67), rendition('webp', 1600, 1067)])).toContain('/f/webp-100.webp 100w'));

  it('two files of one format and width: the smaller one', () => {
    const large = { ...rendition('webp', 800, 600, 9000), file: 'large.webp' };
    const small = { ...rendition('webp', 800, 600, 4000), file: 'small.webp' };
    expect(write([large, small])).toContain('src="/f/small.webp"');
    expect(write([large, small])).not.toContain('large.webp');
  });

  it('a TIFF, which browsers do not show: nothing, or only the others', () => {
    expect(write([rendition('tiff', 800, 600)])).toBeUndefined();
    expect(write([rendition('tiff', 800, 600), rendition('png', 800, 600)])).not.toContain('tiff');
  });

  it('an address with signs that mean something in HTML: escaped', () => {
    const html = writePictureElement({ renditions: [rendition('webp', 8, 6)] }, () => '/f?a=1&b="><script>');
    expect(html).toContain('src="/f?a=1&amp;b=&quot;&gt;&lt;script&gt;"');
  });
});

describe('the name that a rendition is saved by', () => {
  it.each([
    ['image.webp', 'IMG_2041 holiday.JPG', 'IMG_2041 holiday.webp'],
    ['image.jpg', 'scan', 'scan.jpg'],
    ['image.jpg', 'v1.2 final.heic', 'v1.2 final.jpg'],
    ['w400-avif.avif', 'a.jpg', 'a-w400-avif.avif'],
    ['w400.jpg', 'a.jpg', 'a-w400.jpg'],
    ['webp.webp', 'a.jpg', 'a-webp.webp'],
    ['hero-w400.webp', 'a.jpg', undefined],
    ['thumb.webp', 'a.jpg', undefined],
    ['image.webp', 'upload', undefined],
    ['image.webp', '.jpg', undefined],
  ])('%s of %s is %s', (file, upload, name) => {
    expect(savedAs(file, upload)).toBe(name);
  });
});
