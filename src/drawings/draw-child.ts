import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { toTiff } from '../pixels/tiff.ts';

// Draws the drawings of one caller in a process of its own, which can be ended whatever librsvg does: a message announces an SVG,
// which comes by standard input; an uncompressed TIFF goes to standard output. What it says of a fault goes to its parent.

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

/** The bytes of drawings that have come. */
let come: Buffer[] = [];
let length = 0;
/** How long those are that were announced. */
const wanted: number[] = [];
let isDrawing = false;

async function draw(svg: Buffer): Promise<void> {
  try {
    const { data, info } = await sharp(svg, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true });
    const tiff = toTiff(data, { width: info.width, height: info.height });
    process.send?.({ bytes: tiff.length, width: info.width, height: info.height });
    process.stdout.write(tiff);
  } catch (error) {
    process.send?.({ fault: error instanceof Error ? error.message : String(error) });
  }
}

/** Draws what is there as a whole, one after the other. */
async function drawNext(): Promise<void> {
  const [bytes] = wanted;
  if (isDrawing || bytes === undefined || length < bytes) return;
  wanted.shift();
  const all = Buffer.concat(come);
  const svg = all.subarray(0, bytes);
  come = [all.subarray(bytes)];
  length -= bytes;
  isDrawing = true;
  await draw(svg);
  isDrawing = false;
  await drawNext();
}

process.on('message', ({ bytes }: { bytes: number }) => {
  wanted.push(bytes);
  void drawNext();
});
process.stdin.on('data', (part: Buffer) => {
  come.push(part);
  length += part.length;
  void drawNext();
});
