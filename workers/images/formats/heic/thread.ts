import { move, transferableSymbol, valueSymbol } from 'piscina';
import { decodeHeic } from './decode.ts';
import { HeifError } from './libheif.ts';

/** What the pool asks of the thread. */
export interface DecodeRequest {
  content: Uint8Array;
  maxPixels: number;
}

/** The TIFF, or libheif's error in parts: errors lose their class between threads. */
export type DecodeAnswer =
  | { tiff: Uint8Array<ArrayBuffer> }
  | { refused: { code: number; detail: number; message: string } };

/**
 * Decodes one file, in a thread of the pool, and moves its pixels to the asking thread without copying them: what is
 * moved is a DecodeAnswer there.
 */
export default function decode({ content, maxPixels }: DecodeRequest): DecodeAnswer | ReturnType<typeof move> {
  try {
    const answer: DecodeAnswer = { tiff: decodeHeic(content, maxPixels) };
    return move({ [transferableSymbol]: [answer.tiff.buffer], [valueSymbol]: answer });
  } catch (error) {
    if (error instanceof HeifError) {
      return { refused: { code: error.code, detail: error.detail, message: error.message } };
    }
    throw error;
  }
}
