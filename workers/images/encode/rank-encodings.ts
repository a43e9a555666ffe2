import type { Rendition } from '../input/rendition.ts';
import { fromPixels, type Pixels } from '../picture/pixels.ts';
import { type Encoding, LARGE_AVIF_PIXELS, LARGEST_AUTO_AVIF_PIXELS, LONGEST_SIDE, setFormat } from './encoding.ts';
import { DEFAULT_QUALITY, findQuality, TARGET_SIMILARITY } from './quality.ts';
import type { EncodingChoice, PictureFacts } from './rendered.ts';
import { type Sample, takeSample } from './sample.ts';

/** Of so many pixels, spread over the picture, a drawing has at most this share of different colours. */
const SAMPLED_PIXELS = 16_384;
const DRAWING_COLOURS = 0.25;

/** So little less similarity is never seen. */
const INVISIBLE = 0.003;
/** A format that falls short of the others by so much more (leaves and grain do not reach the target at all) ... */
const HARDLY_VISIBLE = 0.01;
/** ... is as good as they are with this share of their bytes. */
const WORTH = 0.7;
/** Trials take the effort of a large picture ... */
const TRIED_AS_PIXELS = Number.POSITIVE_INFINITY;
/** ... so a smaller one has this share of their bytes as AVIF. */
const DENSER_AVIF = 0.94;

interface Trial extends EncodingChoice {
  /** Of the sample. */
  bytes: number;
  similarity: number;
}

/**
 * Tries encodings on a sample of a picture and returns them, the best first: its one format at the lowest quality that
 * looks alike, or each format that can hold it (`format: auto`). Throws the signal's reason when that aborts.
 */
export async function rankEncodings(
  pixels: Pixels,
  encoding: Encoding,
  rendition: Rendition,
  facts: PictureFacts,
): Promise<EncodingChoice[]> {
  const wanted = rendition.format === 'auto' ? await listCandidates(pixels, encoding, rendition, facts) : [encoding];
  if (wanted.every(({ quality }) => quality === null) && wanted.length === 1) return [{ encoding }];

  const sample = await takeSample(pixels);
  const isLossy = wanted.some(({ quality }) => quality !== null);
  const fullColour = isLossy && (await sample.needsFullColour());
  // WebP that loses some never has the full colour.
  const isLost = encoding.format === 'webp' && rendition.format === 'webp' && fullColour && !facts.animation;
  const candidates: Encoding[] = isLost ? [{ ...encoding, quality: null }, encoding] : wanted;
  const trials: Trial[] = [];
  for (const candidate of candidates) {
    facts.bounds.signal.throwIfAborted();
    // What looks alike, and has fewer bytes than a format needs for less, wins against it whatever it reaches.
    const alike = trials.filter(({ similarity }) => similarity >= TARGET_SIMILARITY).map(({ bytes }) => bytes);
    const tried = candidate.quality === null ? candidate : { ...candidate, fullColour };
    trials.push(await tryEncoding(sample, tried, facts, Math.min(...alike)));
  }
  return rankTrials(trials).map(({ encoding: tried, similarity }) =>
    // A quality that the caller asked for is used; the similarity measured is that of another one.
    typeof rendition.quality === 'number' && tried.quality !== null
      ? { encoding: { ...tried, quality: rendition.quality } }
      : { encoding: tried, similarity },
  );
}

/**
 * Sorts trials by their bytes, the smallest first; what one falls short of the target, or of the best where none reaches
 * it, counts as more bytes.
 */
export function rankTrials<Tried extends { bytes: number; similarity: number }>(trials: readonly Tried[]): Tried[] {
  const best = Math.max(...trials.map(({ similarity }) => similarity));
  const enough = Math.min(TARGET_SIMILARITY, best) - INVISIBLE;
  const costOf = ({ bytes, similarity }: Tried) => bytes / WORTH ** (Math.max(0, enough - similarity) / HARDLY_VISIBLE);
  return trials.toSorted((one, other) => costOf(one) - costOf(other));
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
  // In this order: what is the smallest most often comes first, and the others' trials may end early.
  return [...(isDrawing(pixels) ? exact : []), ...avif, lossy('webp'), ...opaque].filter(fits);
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

/**
 * Encodes the sample in that way, at the lowest quality that looks alike where the format has one; `mostBytes` is what a
 * format that looks alike takes.
 */
async function tryEncoding(sample: Sample, encoding: Encoding, facts: PictureFacts, mostBytes: number): Promise<Trial> {
  const { animation: _frames, ...still } = encoding;
  const isDenser = encoding.format === 'avif' && facts.size.width * facts.size.height <= LARGE_AVIF_PIXELS;
  const share = isDenser ? DENSER_AVIF : 1;
  const encodeAt = async (quality: number | null) => {
    facts.bounds.signal.throwIfAborted();
    const encoder = setFormat(fromPixels(sample.pixels, facts.bounds), { ...still, quality }, TRIED_AS_PIXELS);
    const content = await encoder.toBuffer();
    return { content, bytes: content.length * share };
  };
  if (encoding.quality === null) return { encoding, bytes: (await encodeAt(null)).bytes, similarity: 1 };
  const tryAt = async (quality: number) => {
    const { content, bytes } = await encodeAt(quality);
    return { bytes, similarity: (await sample.compare(content)).overall };
  };
  const { quality, ...tried } = await findQuality(encoding.format, tryAt, mostBytes);
  return { encoding: { ...encoding, quality }, ...tried };
}
