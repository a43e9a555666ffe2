import type { Pixels } from '../picture/pixels.ts';
import type { Source } from '../picture/source.ts';
import type { Encoding } from './encoding.ts';

/** A way to write a picture so that every pixel is kept; `grey` where that is its light and alpha alone. */
export interface DenseWay {
  encoding: Encoding;
  grey?: Pixels | undefined;
}

/** Lists the ways to write a picture that keep every pixel, of which one is the smallest; more where its pixels are known. */
export function listDensest(encoding: Encoding, pixels?: Pixels): DenseWay[] {
  const { format } = encoding;
  const filters = [true, false];
  if (format === 'png') {
    const plain = filters.map((filtered) => ({ ...encoding, palette: undefined, densest: true, filtered }));
    const grey = pixels && toGreyAlpha(pixels);
    return [
      ...(encoding.palette === undefined ? [] : [{ encoding }]),
      ...plain.map((way) => ({ encoding: way })),
      ...(grey ? plain.map((way) => ({ encoding: way, grey })) : []),
    ];
  }
  if (format !== 'tiff') return [{ encoding: { ...encoding, dense: true } }];
  const fax = pixels && isFax(pixels) ? [{ ...encoding, fax: true }] : [];
  const packed = filters.flatMap((dense) => filters.map((filtered) => ({ ...encoding, dense, filtered })));
  return [...fax, ...packed].map((way) => ({ encoding: way }));
}

/** Whether a source may show black and white alone: it has a bit a pixel. */
export const mayBeFax = ({ format, metadata }: Pick<Source, 'format' | 'metadata'>): boolean =>
  format === 'tiff' && metadata.bitsPerSample === 1 && metadata.space === 'b-w';

const isFax = ({ channels, data }: Pixels): boolean =>
  channels === 1 && data.every((value) => value === 0 || value === 255);

function toGreyAlpha({ data, channels, width, height }: Pixels): Pixels | undefined {
  if (channels !== 4) return undefined;
  const grey = Buffer.alloc(data.length / 2);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = [data[at], data[at + 1], data[at + 2], data[at + 3]] as [
      number,
      number,
      number,
      number,
    ];
    if (red !== green || green !== blue) return undefined;
    grey[at / 2] = red;
    grey[at / 2 + 1] = alpha;
  }
  return { data: grey, channels: 2, width, height };
}
