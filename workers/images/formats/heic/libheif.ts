import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** An address in libheif's memory, or a number it takes. */
type C = number;

/** The functions of libheif's C interface that are used; those that may fail take the error's address first. */
interface Functions {
  _malloc(bytes: number): C;
  _free(at: C): void;
  _heif_context_alloc(): C;
  _heif_context_free(context: C): void;
  _heif_context_get_security_limits(context: C): C;
  _heif_context_read_from_memory_without_copy(error: C, context: C, at: C, bytes: number, options: C): void;
  _heif_context_get_primary_image_handle(error: C, context: C, out: C): void;
  _heif_image_handle_get_width(handle: C): number;
  _heif_image_handle_get_height(handle: C): number;
  _heif_image_handle_has_alpha_channel(handle: C): number;
  _heif_image_handle_get_raw_color_profile_size(handle: C): number;
  _heif_image_handle_get_raw_color_profile(error: C, handle: C, out: C): void;
  _heif_image_handle_get_image_tiling(error: C, handle: C, transformed: number, out: C): void;
  _heif_image_handle_decode_image_tile(
    error: C,
    handle: C,
    out: C,
    colours: number,
    chroma: number,
    options: C,
    x: number,
    y: number,
  ): void;
  _heif_decode_image(error: C, handle: C, out: C, colours: number, chroma: number, options: C): void;
  _heif_image_get_width(image: C, channel: number): number;
  _heif_image_get_height(image: C, channel: number): number;
  _heif_image_get_plane_readonly(image: C, channel: number, outStride: C): C;
  _heif_image_release(image: C): void;
  _heif_image_handle_release(handle: C): void;
  /** All of libheif's memory. It is another array after it has grown. */
  readonly HEAPU8: Uint8Array;
}

/** An error of libheif: its own code and detail code, its sentence as the message. */
export class HeifError extends Error {
  override readonly name = 'HeifError';
  readonly code: number;
  readonly detail: number;

  constructor(code: number, detail: number, message: string) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

/** libheif in WebAssembly, with its memory. */
export interface Libheif {
  heif: Functions;
  /** Runs a function that may fail; throws its error as HeifError. */
  attempt(action: (error: C) => void): void;
  /** Runs one that writes a number (an address, a length) to `out`, and returns that; throws as `attempt`. */
  obtain(action: (error: C, out: C) => void): number;
  readNumber(at: C): number;
  writeNumber64(at: C, value: number): void;
  /** Returns a view of that memory: good until libheif takes more. */
  view(at: C, bytes: number): Uint8Array;
}

/** Three numbers of 4 bytes: code, detail, address of the sentence. */
const ERROR_BYTES = 12;
const SENTENCE_BYTES = 300;

/** Loads libheif, which takes some 40 ms. */
export function openLibheif(): Libheif {
  const require = createRequire(import.meta.url);
  const silent = () => {};
  const heif = require('libheif-js/libheif-wasm/libheif.js')({
    wasmBinary: readFileSync(require.resolve('libheif-js/libheif-wasm/libheif.wasm')),
    print: silent,
    printErr: silent,
  }) as Functions;
  const error = heif._malloc(ERROR_BYTES);
  const out = heif._malloc(8);
  const data = () => new DataView(heif.HEAPU8.buffer);
  const readNumber = (at: C) => data().getUint32(at, true);

  const attempt = (action: (error: C) => void) => {
    action(error);
    const code = readNumber(error);
    if (code === 0) return;
    const at = readNumber(error + 8);
    const sentence = Buffer.from(heif.HEAPU8.subarray(at, at + SENTENCE_BYTES)).toString('latin1');
    throw new HeifError(code, readNumber(error + 4), sentence.split('\0', 1)[0] ?? '');
  };
  return {
    heif,
    attempt,
    obtain(action) {
      attempt((place) => action(place, out));
      return readNumber(out);
    },
    readNumber,
    writeNumber64: (at, value) => data().setBigUint64(at, BigInt(value), true),
    view: (at, bytes) => heif.HEAPU8.subarray(at, at + bytes),
  };
}
