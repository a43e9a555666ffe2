import { deflateSync } from 'node:zlib';
import { listPngChunks, makePngChunk, PNG_SIGNATURE } from '../formats/png-chunks.ts';
import {
  arePrimaries,
  type Chromaticity,
  type ColourCoding,
  codingOf,
  isSrgbCoding,
  SRGB_PRIMARIES,
} from './coding.ts';
import type { FileColours } from './file-colours.ts';

const PIXELS = 'IDAT';
/** Chunks that say what colours mean, each above those behind it. */
const CODE_POINTS = 'cICP';
const PROFILE = 'iCCP';
const SRGB = 'sRGB';
const [GAMMA, CHROMATICITIES] = ['gAMA', 'cHRM'];
const LIGHT = 'cLLI';
const COLOURS = [CODE_POINTS, PROFILE, SRGB, GAMMA, CHROMATICITIES];
/** Numbers are stored as so many parts of one. */
const PART = 100_000;
const NIT_PART = 10_000;
/** What is beyond is no gamma of a picture. */
const [LEAST_GAMMA, MOST_GAMMA] = [0.2, 5];

/** Reads what a PNG says of its colours: by code points, a profile, or gamma and chromaticities, in this order. */
export function readPngColours(png: Buffer): FileColours | undefined {
  const chunks = readChunks(png);
  const coding = codePointsOf(chunks) ?? (chunks.has(PROFILE) || chunks.has(SRGB) ? undefined : measuredOf(chunks));
  if (!coding) return undefined;
  // Of a profile that is passed over too: code points stand above it.
  if (isSrgbCoding(coding) && !chunks.has(PROFILE)) return undefined;
  return {
    coding,
    isGrey: (png[PNG_SIGNATURE.length + 17] ?? 0) % 4 === 0,
    withProfile: (profile) => rewrite(png, profile),
  };
}

/** Reads the chunks about colours, which stand before the pixels. */
function readChunks(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (const { type, data } of listPngChunks(png)) {
    if (type === PIXELS) break;
    if (COLOURS.includes(type) || type === LIGHT) chunks.set(type, data);
  }
  return chunks;
}

function codePointsOf(chunks: ReadonlyMap<string, Buffer>): ColourCoding | undefined {
  const [primaries = 0, transfer = 0] = chunks.get(CODE_POINTS) ?? [];
  const light = chunks.get(LIGHT);
  return codingOf(primaries, transfer, light && light.length >= 4 ? light.readUInt32BE() / NIT_PART : undefined);
}

function measuredOf(chunks: ReadonlyMap<string, Buffer>): ColourCoding | undefined {
  const [gamma, measured] = [chunks.get(GAMMA), chunks.get(CHROMATICITIES)];
  const power = gamma && gamma.length >= 4 ? PART / gamma.readUInt32BE() : 0;
  if (!(power >= LEAST_GAMMA && power <= MOST_GAMMA)) return undefined;
  const transfer = { gamma: power };
  if (!measured || measured.length < 32) return { primaries: SRGB_PRIMARIES, transfer };
  const point = (place: number): Chromaticity => [
    measured.readUInt32BE(8 * place) / PART,
    measured.readUInt32BE(8 * place + 4) / PART,
  ];
  const primaries = { white: point(0), red: point(1), green: point(2), blue: point(3) };
  return { primaries: arePrimaries(primaries) ? primaries : SRGB_PRIMARIES, transfer };
}

/** Returns a PNG with a profile in the place of all that it said of its colours. */
function rewrite(png: Buffer, profile: Uint8Array | undefined): Buffer {
  const parts: Buffer[] = [PNG_SIGNATURE];
  for (const { type, start, end } of listPngChunks(png)) {
    if (type === PIXELS) {
      parts.push(png.subarray(start));
      break;
    }
    if (!COLOURS.includes(type)) parts.push(png.subarray(start, end));
    if (type === 'IHDR' && profile) parts.push(profileChunk(profile));
  }
  return Buffer.concat(parts);
}

function profileChunk(profile: Uint8Array): Buffer {
  const name = Buffer.from('Heavylift\0\0', 'latin1');
  return makePngChunk(PROFILE, name, deflateSync(profile, { level: 1 }));
}
