import { move, transferableSymbol, valueSymbol } from 'piscina';
import { DrawingError } from '../../../src/drawings/drawing-error.ts';
import { type Drawing, type DrawingRequest, readDrawing } from '../../../src/drawings/read-drawing.ts';
import {
  drawPdfPage,
  type PdfDrawing,
  PdfError,
  type PdfFault,
  type PdfPage,
  type PdfPageFacts,
  type PdfPicture,
  readPdfPage,
} from '../../../src/pdf-pages/pdf-page.ts';
import type { ColourCoding } from '../colours/coding.ts';
import { makeProfile } from '../colours/icc-profile.ts';
import { BitmapError } from '../formats/bitmap/bitmap-error.ts';
import { type BitmapRequest, type DecodedBitmap, decodeBmp } from '../formats/bitmap/decode-bmp.ts';
import { type DecodeRequest, decodeHeic } from '../formats/heic/decode.ts';
import { HeifError } from '../formats/heic/libheif.ts';
import { hasAllPixels as hasAllJpegPixels } from '../formats/jpeg/end.ts';
import type { Credits } from '../metadata/credits.ts';
import { describeNewPicture } from '../metadata/new-picture-xmp.ts';
import { type CreditBlocks, readCredits } from '../metadata/read-credits.ts';
import { turnJpeg } from '../strip/turn/turn-jpeg.ts';

/** What the pool asks of a thread: one of these pieces of work. */
export interface ThreadWork {
  /** Decodes a HEIC file to an uncompressed TIFF; libheif's error comes in parts: errors lose their class between threads. */
  decode: {
    request: DecodeRequest;
    answer: { tiff: Uint8Array<ArrayBuffer> } | { refused: { code: number; detail: number; message: string } };
  };
  /** Decodes a bitmap to an uncompressed TIFF. */
  decodeBitmap: {
    request: BitmapRequest;
    answer: DecodedBitmap | { refused: { kind: BitmapError['kind']; message: string } };
  };
  /** Reads how many pages a PDF has, and the size of one. */
  readPdf: { request: PdfPage; answer: PdfPageFacts | { fault: PdfFault } };
  /** Draws a page of a PDF. */
  drawPdf: { request: PdfDrawing; answer: PdfPicture | { fault: PdfFault } };
  /** Reads a drawing. */
  drawing: { request: DrawingRequest; answer: Drawing | { refused: { code: DrawingError['code']; message: string } } };
  /** Makes the profile of what a file says of its colours. */
  profile: { request: { coding: ColourCoding; isGrey: boolean }; answer: Uint8Array };
  /** Reads whose picture it is. */
  credits: { request: CreditBlocks; answer: Credits };
  /** Turns a JPEG upright without loss; null where it can't be. */
  turn: { request: { jpeg: Uint8Array; orientation: number }; answer: Uint8Array | null };
  /** Looks whether the pixels are there of a JPEG whose end was put there. */
  hasAllPixels: { request: Uint8Array; answer: boolean };
  /** Makes an XMP packet tell of the new picture. */
  describe: { request: Uint8Array; answer: string };
}

/**
 * Decodes one file, and moves its pixels to the asking thread without copying them: what is moved is the answer there.
 */
export function decode(request: DecodeRequest): ThreadWork['decode']['answer'] | ReturnType<typeof move> {
  try {
    const answer = { tiff: decodeHeic(request) };
    return move({ [transferableSymbol]: [answer.tiff.buffer], [valueSymbol]: answer });
  } catch (error) {
    if (error instanceof HeifError) {
      return { refused: { code: error.code, detail: error.detail, message: error.message } };
    }
    throw error;
  }
}

/** Decodes a bitmap, and moves its pixels likewise. */
export function decodeBitmap(request: BitmapRequest): ThreadWork['decodeBitmap']['answer'] | ReturnType<typeof move> {
  try {
    const answer = decodeBmp(request);
    return move({ [transferableSymbol]: [answer.tiff.buffer], [valueSymbol]: answer });
  } catch (error) {
    if (error instanceof BitmapError) return { refused: { kind: error.kind, message: error.message } };
    throw error;
  }
}

/** Reads how many pages a PDF has, and the size of one. */
export const readPdf = (request: PdfPage): Promise<ThreadWork['readPdf']['answer']> =>
  readPdfPage(request).catch(toFault);

/** Draws a page of a PDF, and moves its pixels likewise. */
export async function drawPdf(request: PdfDrawing): Promise<ThreadWork['drawPdf']['answer'] | ReturnType<typeof move>> {
  const answer = await drawPdfPage(request).catch(toFault);
  if ('fault' in answer) return answer;
  return move({ [transferableSymbol]: [answer.data.buffer], [valueSymbol]: answer });
}

function toFault(error: unknown): { fault: PdfFault } {
  if (error instanceof PdfError) return { fault: error.fault };
  throw error;
}

/** Reads a drawing. */
export function drawing(request: DrawingRequest): ThreadWork['drawing']['answer'] {
  try {
    return readDrawing(request);
  } catch (error) {
    if (error instanceof DrawingError) return { refused: { code: error.code, message: error.message } };
    throw error;
  }
}

/** Reads whose picture it is. */
export const credits = (blocks: CreditBlocks): Credits => readCredits(blocks);

/** Makes an XMP packet tell of the new picture. */
export const describe = (xmp: Uint8Array): string => describeNewPicture(Buffer.from(xmp).toString());

/** Makes the profile of what a file says of its colours: of HDR it takes a tenth of a second. */
export const profile = ({ coding, isGrey }: ThreadWork['profile']['request']): Uint8Array =>
  makeProfile(coding, isGrey);

/** Turns a JPEG upright without loss, which takes a second for 12 megapixels. */
export const turn = ({ jpeg, orientation }: ThreadWork['turn']['request']): Uint8Array | null =>
  turnJpeg(asBuffer(jpeg), orientation);

/** Looks whether the pixels are there of a JPEG whose end was put there. */
export const hasAllPixels = (jpeg: Uint8Array): boolean => hasAllJpegPixels(asBuffer(jpeg));

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
