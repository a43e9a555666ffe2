import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { toTiff } from '../pixels/tiff.ts';

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
  const tiff = toTiff(data, { width: info.width, height: info.height });
  process.send?.({ bytes: tiff.length, width: info.width, height: info.height });
  process.stdout.end(tiff, () => process.disconnect());
} catch (error) {
  process.send?.({ fault: error instanceof Error ? error.message : String(error) }, () => process.disconnect());
}
