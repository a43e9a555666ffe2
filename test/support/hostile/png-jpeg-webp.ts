import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  chunk,
  exifOf,
  jpegWith,
  latin1,
  letters,
  many,
  packedText,
  pngWith,
  repeat,
  riffChunk,
  segment,
  signed,
  u32,
  webpWith,
} from './blocks.ts';

/** Hostile files by what they are. */
export type Hostile = readonly (readonly [string, () => Buffer])[];

const nothing = Buffer.alloc(0);
const MB = 1_000_000;

const packed = (bytes: number) => deflateSync(letters(bytes));

/** PNGs of few pixels whose other chunks take room or time. */
export const HOSTILE_PNGS: Hostile = [
  ['27 packed texts of 7 MB', () => pngWith(repeat(packedText(7 * MB), 27))],
  ['100 packed texts of 7 MB', () => pngWith(repeat(packedText(7 * MB), 100))],
  ['50 packed international texts', () => pngWith(repeat(chunk('iTXt', signed('a\0\x01\0\0\0', packed(7 * MB))), 50))],
  ['900 packed texts of 1 MB', () => pngWith(repeat(packedText(MB), 900))],
  ['a packed text behind its rows', () => insertBefore(pngWith(nothing), 'IEND', repeat(packedText(7 * MB), 60))],
  ['a packed colour profile of 100 MB', () => pngWith(chunk('iCCP', signed('icc\0\0', packed(100 * MB))))],
  ['100,000 texts', () => pngWith(repeat(chunk('tEXt', latin1('a\0b')), 100_000))],
  ['45 MB of texts', () => pngWith(repeat(chunk('tEXt', signed('a\0', letters(45_000))), 1000))],
  ['900 palettes of 50 KB', () => pngWith(many(900, (index) => suggestedPalette(index, 5000)))],
  ['4 million empty chunks', () => pngWith(repeat(chunk('aaAa', nothing), 4 * MB))],
  ['3 million empty rows', () => pngWith(repeat(chunk('IDAT', nothing), 3 * MB))],
  ['EXIF of 15,000 entries that overlap', () => pngWith(chunk('eXIf', exifOf(15_000)))],
  ['1 million frames', () => pngWith(repeat(chunk('fcTL', Buffer.alloc(26)), MB))],
];

/** JPEGs of few pixels whose segments take room or time. */
export async function hostileJpegs(): Promise<Hostile> {
  const create = { width: 16, height: 16, channels: 3, background: 'red' } as const;
  const jpeg = await sharp({ create }).jpeg().toBuffer();
  const progressive = await sharp({ create }).jpeg({ progressive: true }).toBuffer();
  const of = (marker: number, data: Buffer, times: number) => () =>
    jpegWith(jpeg, repeat(segment(marker, data), times));
  const full = (head: string) => signed(head, letters(65_000 - head.length));
  return [
    ['740 segments of EXIF', of(0xe1, full('Exif\0\0'), 740)],
    ['740 segments of a profile', of(0xe2, full('ICC_PROFILE\0\x01\xff'), 740)],
    ['740 segments of Photoshop', of(0xed, full('Photoshop 3.0\0'), 740)],
    ['740 segments of XMP', of(0xe1, full('http://ns.adobe.com/xap/1.0/\0'), 740)],
    ['740 segments of extended XMP', of(0xe1, full('http://ns.adobe.com/xmp/extension/\0'), 740)],
    ['740 comments', of(0xfe, letters(65_000), 740)],
    ['10 million empty comments', of(0xfe, nothing, 10 * MB)],
    ['10 million empty segments', of(0xe5, nothing, 10 * MB)],
    ['300,000 tables', of(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]), 300_000)],
    ['EXIF of 5,400 entries that overlap', of(0xe1, signed('Exif\0\0', exifOf(5400)), 1)],
    ['40 MB of filling bytes', () => jpegWith(jpeg, Buffer.alloc(40 * MB, 0xff))],
    ['a scan again and again', () => repeatScan(progressive, 100_000)],
    ['datasets of IPTC', of(0xed, iptcSegment(10_000), 1)],
  ];
}

/** WebPs of few pixels whose chunks take room or time. */
export async function hostileWebps(): Promise<Hostile> {
  const create = { width: 8, height: 8, channels: 3, background: 'red' } as const;
  const picture = (await sharp({ create }).webp().toBuffer()).subarray(12);
  const big = (type: string, flags: number) => () => webpWith([picture, riffChunk(type, letters(45 * MB))], flags);
  const still = riffChunk('ANIM', Buffer.alloc(6));
  const frame = (duration: number) =>
    riffChunk('ANMF', Buffer.concat([Buffer.alloc(6), Buffer.from([7, 0, 0, 7, 0, 0, duration, 0, 0, 0]), picture]));
  return [
    ['EXIF of 45 MB', big('EXIF', 8)],
    ['XMP of 45 MB', big('XMP ', 4)],
    ['a profile of 45 MB', big('ICCP', 32)],
    ['an unknown chunk of 45 MB', big('aaaa', 0)],
    ['5 million empty chunks', () => webpWith([picture, repeat(riffChunk('aaaa', nothing), 5 * MB)])],
    ['300,000 frames', () => webpWith([still, repeat(frame(10), 300_000)], 2)],
    ['5 million empty frames', () => webpWith([still, repeat(riffChunk('ANMF', nothing), 5 * MB)], 2)],
    ['a canvas of 16 million pixels a side', () => webpWith([picture], 0, 16_777_216, 16_777_216)],
    ['EXIF of 65,535 entries', () => webpWith([picture, riffChunk('EXIF', exifOf(65_535))], 8)],
    ['1 million profiles', () => webpWith([repeat(riffChunk('ICCP', letters(40)), MB), picture], 32)],
  ];
}

const suggestedPalette = (name: number, colours: number) =>
  chunk('sPLT', signed(`p${name}\0\x10`, Buffer.alloc(10 * colours)));

function insertBefore(png: Buffer, type: string, chunks: Buffer): Buffer {
  const at = png.lastIndexOf(type) - 4;
  return Buffer.concat([png.subarray(0, at), chunks, png.subarray(at)]);
}

function repeatScan(jpeg: Buffer, times: number): Buffer {
  const last = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
  return Buffer.concat([jpeg.subarray(0, last), repeat(jpeg.subarray(last, -2), times), jpeg.subarray(-2)]);
}

function iptcSegment(datasets: number): Buffer {
  const iptc = repeat(latin1('\x1c\x02\x50\0\x01a'), datasets);
  return signed('Photoshop 3.0\0', latin1('8BIM\x04\x04\0\0'), u32(iptc.length), iptc);
}
