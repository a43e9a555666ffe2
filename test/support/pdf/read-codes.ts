import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { CodeSymbol } from '../../../workers/reports/codes/create-symbol.ts';

/** Grey pixels, row by row. */
export interface GreyPicture {
  width: number;
  height: number;
  dots: Uint8Array;
}

/** A code that a scanner found. */
export interface ScannedCode {
  format: string;
  text: string;
}

const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');

/** Reads all codes of a picture as a scanner does, with the library that many scanners are made of. */
export async function readCodes({ width, height, dots }: GreyPicture): Promise<ScannedCode[]> {
  await prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm) }, fireImmediately: true });
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let index = 0; index < width * height; index += 1) data.fill(dots[index] ?? 255, index * 4, index * 4 + 3);
  const image = { width, height, data, colorSpace: 'srgb' } as ImageData;
  const found = await readBarcodes(image, { tryHarder: true, tryInvert: false, maxNumberOfSymbols: 255 });
  return found.filter(({ isValid }) => isValid).map(({ format, text }) => ({ format, text }));
}

/** Paints a symbol as pixels, with its quiet zone. */
export function paintSymbol({ width, height, quiet, dark }: CodeSymbol, scale = 3): GreyPicture {
  const top = quiet.vertical + 4;
  const across = (quiet.left + width + quiet.right) * scale;
  const down = (height + 5 + 2 * top) * scale;
  const dots = new Uint8Array(across * down).fill(255);
  for (const box of dark) {
    const from = (quiet.left + box.x) * scale;
    for (let y = (top + box.y) * scale; y < (top + box.y + box.height) * scale; y += 1) {
      dots.fill(0, y * across + from, y * across + from + box.width * scale);
    }
  }
  return { width: across, height: down, dots };
}

const run = promisify(execFile);

/** Draws a page of a PDF by poppler, as a scanner would see it from near. */
export async function scanPage(pdf: string, page = 1): Promise<GreyPicture> {
  const range = ['-f', String(page), '-l', String(page)];
  const { stdout } = await run('pdftoppm', ['-r', '300', '-gray', ...range, pdf], {
    encoding: 'buffer',
    maxBuffer: 1e8,
  });
  const [header = '', width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(stdout.toString('latin1', 0, 40)) ?? [];
  return { width: Number(width), height: Number(height), dots: stdout.subarray(header.length) };
}
