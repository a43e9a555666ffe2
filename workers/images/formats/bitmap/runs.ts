import { type BmpHeader, COMPRESSION } from './bmp-header.ts';

/** What follows a nought: the end of a row, the end of the picture, a step over pixels; else so many pixels as they are. */
const [END_OF_ROW, END, STEP] = [0, 1, 2];

/**
 * Reads pixels packed as runs of one colour (RLE8) or of two in turns (RLE4). Pixels that are stepped over stay clear. Returns
 * whether the file had all that it announced: its end mark, or pixels up to the last row.
 */
export function readRuns(content: Uint8Array, header: BmpHeader, colours: Uint8Array, rgba: Uint8Array): boolean {
  const isNibbles = header.compression === COMPRESSION.rle4;
  const canvas = createCanvas(header, colours, rgba);
  let at = header.pixelsAt;
  while (!canvas.isFull()) {
    if (at + 2 > content.length) return canvas.isInLastPixel();
    const [count, value] = [content[at] as number, content[at + 1] as number];
    at += 2;
    if (count > 0) canvas.put(count, isNibbles ? (index) => nibbleOf(value, index) : () => value);
    else if (value === END_OF_ROW) canvas.endRow();
    else if (value === END) return true;
    else if (value === STEP) {
      canvas.step(content[at] ?? 0, content[at + 1] ?? 0);
      at += 2;
    } else {
      const plain = content.subarray(at, at + (isNibbles ? Math.ceil(value / 2) : value));
      canvas.put(value, (index) => (isNibbles ? nibbleOf(plain[index >> 1] ?? 0, index) : (plain[index] ?? 0)));
      at += plain.length + (plain.length & 1);
    }
  }
  return true;
}

const nibbleOf = (byte: number, index: number) => (index % 2 === 0 ? byte >> 4 : byte & 15);

/** Makes what runs are drawn on, from the first row on. */
function createCanvas({ width, height, isTopDown }: BmpHeader, colours: Uint8Array, rgba: Uint8Array) {
  const palette = new Uint32Array(colours.buffer);
  const pixels = new Uint32Array(rgba.buffer);
  let [x, row] = [0, 0];
  return {
    isFull: () => row >= height,
    isInLastPixel: () => row === height - 1 && x >= width,
    endRow() {
      x = 0;
      row += 1;
    },
    step(right: number, down: number) {
      x += right;
      row += down;
    },
    /** Draws pixels of those colours; what a run has beyond the edge is lost, as in every viewer. */
    put(count: number, indexOf: (index: number) => number) {
      const start = (isTopDown ? row : height - 1 - row) * width + x;
      const shown = Math.min(count, width - x);
      for (let index = 0; index < shown; index += 1) pixels[start + index] = palette[indexOf(index)] as number;
      x += count;
    },
  };
}
