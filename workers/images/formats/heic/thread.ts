import { move, transferableSymbol, valueSymbol } from 'piscina';
import { decodeHeic } from './decode.ts';
import { HeifError } from './libheif.ts';

/** What the thread is given. */
export interface DecodeRequest {
  content: Uint8Array;
  maxPixels: number;
}

/** The TIFF, or what libheif says against the file: errors lose their class between threads. */
export type DecodeAnswer =
  | { tiff: Uint8Array<ArrayBuffer> }
  | { refused: { code: number; detail: number; message: string } };

/** Runs in a thread of the pool: decodes one file and moves its pixels to the asking thread without copying them. */
export default function decode({ content, maxPixels }: DecodeRequest): DecodeAnswer {
  try {
    const answer = { tiff: decodeHeic(content, maxPixels) };
    const marked = { [transferableSymbol]: [answer.tiff.buffer], [valueSymbol]: answer };
    // To the asking thread it is the answer itself.
    return move(marked as unknown as ArrayBuffer) as unknown as DecodeAnswer;
  } catch (error) {
    if (error instanceof HeifError) {
      return { refused: { code: error.code, detail: error.detail, message: error.message } };
    }
    throw error;
  }
}
