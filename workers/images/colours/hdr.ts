import type { SourceFormat } from '../formats/image-format.ts';
import { isHdrCoding } from './coding.ts';
import { readHeifCoding } from './heif-colours.ts';
import { readPngColours } from './png-colours.ts';

/** What makes a file HDR: a gain map beside an SDR picture, or light that is told by PQ or HLG. */
export type Hdr = 'gain map' | 'light';

/** How gain maps are told: by Adobe and Android, ISO 21496-1, Apple in HEIC and in JPEG, and the item of HEIF. */
const GAIN_MAPS = ['hdr-gain-map/1.0/', 'urn:iso:std:iso:ts:21496', 'aux:hdrgainmap', 'HDRGainMap', 'tmap'];
/** The directory of a HEIF file is shorter. */
const DIRECTORY_BYTES = 1_000_000;

/** Finds out whether a file is HDR, by what it says of itself. */
export function findHdr(content: Buffer, format: SourceFormat): Hdr | undefined {
  const isHeif = format === 'heic' || format === 'avif';
  const coding = isHeif ? readHeifCoding(content) : format === 'png' ? readPngColours(content)?.coding : undefined;
  if (coding && isHdrCoding(coding)) return 'light';
  if (!isHeif && format !== 'jpeg') return undefined;
  const told = isHeif ? content.subarray(0, DIRECTORY_BYTES) : content;
  const marks = isHeif ? GAIN_MAPS : GAIN_MAPS.slice(0, -1);
  return marks.some((mark) => told.includes(mark)) ? 'gain map' : undefined;
}
