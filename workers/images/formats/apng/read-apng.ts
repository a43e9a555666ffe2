import { listPngChunks, makePngChunk, PNG_HEAD_BYTES, PNG_SIGNATURE } from '../png-chunks.ts';

/** Of the data of a frame's pixels, its number comes first. */
const NUMBER_BYTES = 4;
/** What belongs to the animation alone. */
const ANIMATION = ['acTL', 'fcTL', 'fdAT'];

/** What pixels mean nothing without. */
const SHARED = ['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT'];

/** What becomes of a frame's place before the next frame, and how it is laid over what is there. */
export type Dispose = 'none' | 'background' | 'previous';
export type Blend = 'source' | 'over';

/** A frame of an animated PNG: a picture of its own, at its place on the canvas. */
export interface ApngFrame {
  left: number;
  top: number;
  width: number;
  height: number;
  delayMs: number;
  dispose: Dispose;
  blend: Blend;
  /** The pieces of its pixels, as they lie in the file. */
  pixels: Buffer[];
}

/** An animated PNG. */
export interface Apng {
  width: number;
  height: number;
  /** How often it plays; 0 for ever. */
  plays: number;
  frames: ApngFrame[];
  /** Whether frames are missing that the file announces, or one lies beyond its edges. */
  isDamaged: boolean;
  /** What every frame shares: palette, transparency, colours. */
  shared: Buffer[];
  header: Buffer;
}

/**
 * Reads the frames of an animated PNG, undecoded; null of any other PNG. The picture that programs without animation show is the
 * first frame, where the file says so, else none.
 */
export function readApng(png: Buffer): Apng | null {
  const shared: Buffer[] = [];
  let control: Buffer | undefined;
  let hasPixels = false;
  const frames: ApngFrame[] = [];
  for (const { type, data } of listPngChunks(png)) {
    hasPixels ||= type === 'IDAT';
    if (type === 'acTL' && data.length >= 8 && !hasPixels) control ??= data;
    else if (hasPixels && !control) return null;
    else if (ANIMATION.includes(type) || type === 'IDAT') addTo(frames, type, data);
    else if (!hasPixels && SHARED.includes(type)) shared.push(makePngChunk(type, data));
  }
  const announced = control?.readUInt32BE(0) ?? 0;
  if (!control || announced === 0) return null;
  const header = Buffer.from(png.subarray(PNG_HEAD_BYTES - 17, PNG_HEAD_BYTES - 4));
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const isWithin = (frame: ApngFrame) =>
    frame.width > 0 && frame.height > 0 && frame.left + frame.width <= width && frame.top + frame.height <= height;
  // Beyond its own number of frames nothing is shown.
  const sound = frames.filter((frame) => isWithin(frame) && frame.pixels.length > 0).slice(0, announced);
  if (sound.length === 0) return null;
  const isDamaged = sound.length < announced;
  return { width, height, plays: control.readUInt32BE(4), frames: sound, isDamaged, shared, header };
}

/** Adds a frame, or a piece of the last one's pixels. Pixels before the first frame are for programs without animation. */
function addTo(frames: ApngFrame[], type: string, data: Buffer): void {
  if (type === 'fcTL' && data.length >= 26) frames.push(readControl(data));
  else if (type === 'IDAT') frames[0]?.pixels.push(data);
  else if (type === 'fdAT') frames.at(-1)?.pixels.push(data.subarray(NUMBER_BYTES));
}

/** Writes a frame as a PNG of its own. */
export function writeFrame({ header, shared }: Apng, { width, height, pixels }: ApngFrame): Buffer {
  const own = Buffer.from(header);
  own.writeUInt32BE(width, 0);
  own.writeUInt32BE(height, 4);
  const data = pixels.map((part) => makePngChunk('IDAT', part));
  return Buffer.concat([PNG_SIGNATURE, makePngChunk('IHDR', own), ...shared, ...data, makePngChunk('IEND')]);
}

function readControl(data: Buffer): ApngFrame {
  const [width, height, left, top] = [4, 8, 12, 16].map((at) => data.readUInt32BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const [delay, parts] = [data.readUInt16BE(20), data.readUInt16BE(22) || 100];
  const dispose = (['none', 'background', 'previous'] as const)[data[24] ?? 0] ?? 'none';
  return {
    ...{ left, top, width, height },
    delayMs: Math.round((1000 * delay) / parts),
    dispose,
    blend: data[25] === 1 ? 'over' : 'source',
    pixels: [],
  };
}
