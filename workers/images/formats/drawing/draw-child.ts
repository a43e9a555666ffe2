import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { draftTiff } from '../heic/tiff.ts';

// Draws one drawing in a process of its own, which can be ended whatever librsvg does: the SVG comes by standard input, an
// uncompressed TIFF goes to standard output. What it says of a fault goes to its parent.

sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
// Without its parent nobody wants the drawing.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
try {
  // Where memory is short, this process goes first.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not on Linux.
}

try {
  const svg = await buffer(process.stdin);
  const { data, info } = await sharp(svg, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true });
  const tiff = toTiff(data, info.width, info.height);
  process.send?.({ bytes: tiff.length, width: info.width, height: info.height });
  process.stdout.end(tiff, () => process.disconnect());
} catch (error) {
  process.send?.({ fault: error instanceof Error ? error.message : String(error) }, () => process.disconnect());
}

/** Puts pixels into a TIFF, without alpha where all of them are opaque. */
function toTiff(rgba: Buffer, width: number, height: number): Uint8Array {
  const { file, pixels } = draftTiff({ width, height, channels: isOpaque(rgba) ? 3 : 4 });
  if (pixels.length === rgba.length) pixels.set(rgba);
  else {
    for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
      pixels[to] = rgba[from] as number;
      pixels[to + 1] = rgba[from + 1] as number;
      pixels[to + 2] = rgba[from + 2] as number;
    }
  }
  return file;
}

function isOpaque(rgba: Buffer): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}
