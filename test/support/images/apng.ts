import { chunk } from '../hostile/blocks.ts';

/** A frame: a PNG whose pixels it takes, its place, and what becomes of it. */
export interface ApngPart {
  png: Buffer;
  left?: number;
  top?: number;
  /** In hundredths of a second. */
  delay?: number;
  dispose?: 'none' | 'background' | 'previous';
  blend?: 'source' | 'over';
}

/** How an animated PNG is built. */
export interface ApngOptions {
  width: number;
  height: number;
  frames: readonly ApngPart[];
  plays?: number;
  /** A picture for programs without animation, which is no frame. */
  still?: Buffer;
  /** How many frames it announces, if not as many as it has. */
  announced?: number;
}

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)),
    });
  }
  return chunks;
}

/** Builds an animated PNG of PNGs of one kind: the first one's palette and colours stand for all. */
export function buildApng({ width, height, frames, plays = 0, still, announced = frames.length }: ApngOptions): Buffer {
  const first = chunksOf(still ?? frames[0]?.png ?? Buffer.alloc(0));
  const header = Buffer.from(first[0]?.data ?? []);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const control = Buffer.alloc(8);
  control.writeUInt32BE(announced, 0);
  control.writeUInt32BE(plays, 4);
  const parts = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('acTL', control)];
  for (const { type, data } of first) if (!['IHDR', 'IDAT', 'IEND'].includes(type)) parts.push(chunk(type, data));
  if (still) for (const { type, data } of first) if (type === 'IDAT') parts.push(chunk('IDAT', data));
  let number = 0;
  const numbered = (data: Buffer) => {
    const own = Buffer.alloc(4);
    own.writeUInt32BE(number++);
    return Buffer.concat([own, data]);
  };
  for (const [index, frame] of frames.entries()) {
    parts.push(chunk('fcTL', numbered(controlOf(frame))));
    for (const { type, data } of chunksOf(frame.png)) {
      if (type === 'IDAT') parts.push(index === 0 && !still ? chunk('IDAT', data) : chunk('fdAT', numbered(data)));
    }
  }
  return Buffer.concat([...parts, chunk('IEND', Buffer.alloc(0))]);
}

function controlOf({ png, left = 0, top = 0, delay = 10, dispose = 'none', blend = 'source' }: ApngPart): Buffer {
  const control = Buffer.alloc(22);
  control.set(chunksOf(png)[0]?.data.subarray(0, 8) ?? []);
  control.writeUInt32BE(left, 8);
  control.writeUInt32BE(top, 12);
  control.writeUInt16BE(delay, 16);
  control.writeUInt16BE(100, 18);
  control[20] = ['none', 'background', 'previous'].indexOf(dispose);
  control[21] = blend === 'over' ? 1 : 0;
  return control;
}
