import type { Rendition } from '../input/rendition.ts';
import { fromPixels, type Pixels } from '../picture/pixels.ts';
import { type Encoding, LARGEST_AUTO_AVIF_PIXELS, LONGEST_SIDE, setFormat } from './encoding.ts';
import { DEFAULT_QUALITY, findQuality, TARGET_SIMILARITY } from './quality.ts';
import type { EncodingChoice, PictureFacts } from './rendered.ts';
import { type Sample, takeSample } from './ssim-sample.ts';

/** Of so many pixels, spread over the picture, a drawing has at most this share of different colours. */
const SAMPLED_PIXELS = 16_384;
const DRAWING_COLOURS = 0.25;

/** A format may fall short of the target by so little: that is not worth another one of twice its bytes. */
const INVISIBLE = 0.003;

interface Trial extends EncodingChoice {
  /** Of the sample. */
  bytes: number;
  similarity: number;
}

/**
 * Tries encodings on a sample of a picture and returns them, the smallest first: its one format at the lowest quality
 * that looks alike, or each format that can hold it (`format: auto`). Throws the signal's reason when that aborts.
 */
export async function rankEncodings(
  pixels: Pixels,
  encoding: Encoding,
  rendition: Rendition,
  facts: PictureFacts,
): Promise<EncodingChoice[]> {
  const candidates =
    rendition.format === 'auto' ? await listCandidates(pixels, encoding, rendition, facts) : [encoding];
  if (candidates.every(({ quality }) => quality === null) && candidates.length === 1) return [{ encoding }];

  const sample = await takeSample(pixels);
  const trials: Trial[] = [];
  for (const candidate of candidates) {
    facts.bounds.signal.throwIfAborted();
    trials.push(await tryEncoding(sample, candidate, pixels, facts));
  }
  return rank(trials).map(({ encoding: tried, similarity }) =>
    // A quality that the caller asked for is used; the similarity measured is that of another one.
    typeof rendition.quality === 'number' && tried.quality !== null
      ? { encoding: { ...tried, quality: rendition.quality } }
      : { encoding: tried, similarity },
  );
}

/** Sorts the trials: those that look alike first, then the smaller ones. */
function rank(trials: Trial[]): Trial[] {
  const best = Math.max(...trials.map(({ similarity }) => similarity));
  const reached = Math.min(TARGET_SIMILARITY, best) - INVISIBLE;
  const fallsShort = ({ similarity }: Trial) => (similarity < reached ? 1 : 0);
  return trials.toSorted((one, other) => fallsShort(one) - fallsShort(other) || one.bytes - other.bytes);
}

/** Lists formats that browsers show and that can hold the picture, lossless ones where that may be the smaller. */
async function listCandidates(
  pixels: Pixels,
  encoding: Encoding,
  { lossless }: Rendition,
  facts: PictureFacts,
): Promise<Encoding[]> {
  const { size, animation } = facts;
  const fits = ({ format }: Encoding) => Math.max(size.width, size.height) <= (LONGEST_SIDE[format] ?? Infinity);
  const lossy = (format: Encoding['format']) => ({ ...encoding, format, quality: DEFAULT_QUALITY[format] ?? null });
  const webp: Encoding = { ...encoding, format: 'webp', quality: null };
  const png: Encoding = { ...encoding, format: 'png', quality: null };
  if (animation) return lossless ? [webp] : isDrawing(pixels) ? [lossy('webp'), webp] : [lossy('webp')];
  const exact = [webp, png, { ...png, filtered: false }];
  if (lossless) return exact.filter(fits);
  const opaque = (await isOpaque(pixels, facts)) ? [lossy('jpeg')] : [];
  const avif = size.width * size.height <= LARGEST_AUTO_AVIF_PIXELS ? [lossy('avif')] : [];
  return [...opaque, lossy('webp'), ...avif, ...(isDrawing(pixels) ? exact : [])].filter(fits);
}

const isOpaque = async (pixels: Pixels, { bounds }: PictureFacts): Promise<boolean> =>
  pixels.channels % 2 === 1 || (await fromPixels(pixels, bounds).stats()).isOpaque;

/** Whether few colours make up the picture, as in drawings and screenshots: these may be smaller without any loss. */
export function isDrawing({ data, width, height, channels }: Pixels): boolean {
  const step = Math.max(1, Math.floor((width * height) / SAMPLED_PIXELS)) * channels;
  const colours = new Set<number>();
  let seen = 0;
  for (let at = 0; at + channels <= data.length; at += step, seen += 1) colours.add(data.readUIntBE(at, channels));
  return colours.size <= seen * DRAWING_COLOURS;
}

/** Encodes the sample in that way, at the lowest quality that looks alike where the format has one. */
async function tryEncoding(sample: Sample, encoding: Encoding, picture: Pixels, facts: PictureFacts): Promise<Trial> {
  const { animation: _frames, ...still } = encoding;
  const encodeAt = (quality: number | null) => {
    facts.bounds.signal.throwIfAborted();
    return setFormat(
      fromPixels(sample.pixels, facts.bounds),
      { ...still, quality },
      picture.width * picture.height,
    ).toBuffer();
  };
  if (encoding.quality === null) return { encoding, bytes: (await encodeAt(null)).length, similarity: 1 };
  const bytesAt = new Map<number, number>();
  const { quality, similarity } = await findQuality(encoding.format, async (tried) => {
    const content = await encodeAt(tried);
    bytesAt.set(tried, content.length);
    return sample.compare(content);
  });
  return { encoding: { ...encoding, quality }, bytes: bytesAt.get(quality) ?? Infinity, similarity };
}
