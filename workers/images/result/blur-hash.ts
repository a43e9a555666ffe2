// blurhash: small, pure, no longer changed; used in this file alone, so it can be replaced here.
import { encode } from 'blurhash';
import type { Pixels } from '../picture/pixels.ts';

/** The picture is read at so many pixels a side: of more, more work gives the same hash. */
const READ_SIDE = 14;
/** Waves along the longer and the shorter side, as most who read the hash expect them. */
const WAVES = { longer: 4, shorter: 3 };

/** Makes the BlurHash of a picture. Takes RGBA pixels, seen on white: a BlurHash has no transparency. */
export function hashBlurred(pixels: Pixels): string {
  const { width, height } = pixels;
  const scale = Math.min(1, READ_SIDE / Math.max(width, height));
  const small = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const [across, down] = width >= height ? [WAVES.longer, WAVES.shorter] : [WAVES.shorter, WAVES.longer];
  return encode(shrink(pixels, small), small.width, small.height, across, down);
}

/** Shrinks a picture: each pixel is the mean of those it stands for, on white. */
function shrink({ data, width, height }: Pixels, small: { width: number; height: number }): Uint8ClampedArray {
  const shrunk = new Uint8ClampedArray(4 * small.width * small.height);
  const bounds = (index: number, length: number, count: number) => {
    const start = Math.floor((index * length) / count);
    return [start, Math.max(start + 1, Math.floor(((index + 1) * length) / count))] as const;
  };
  for (let y = 0; y < small.height; y += 1) {
    const [top, bottom] = bounds(y, height, small.height);
    for (let x = 0; x < small.width; x += 1) {
      const [left, right] = bounds(x, width, small.width);
      const sums = [0, 0, 0];
      for (let row = top; row < bottom; row += 1) {
        for (let column = left; column < right; column += 1) addOnWhite(sums, data, 4 * (row * width + column));
      }
      const count = (bottom - top) * (right - left);
      shrunk.set([...sums.map((sum) => sum / count), 255], 4 * (y * small.width + x));
    }
  }
  return shrunk;
}

function addOnWhite(sums: number[], data: Uint8Array, at: number): void {
  const alpha = (data[at + 3] ?? 0) / 255;
  for (let channel = 0; channel < 3; channel += 1) {
    sums[channel] = (sums[channel] ?? 0) + 255 + alpha * ((data[at + channel] ?? 0) - 255);
  }
}
