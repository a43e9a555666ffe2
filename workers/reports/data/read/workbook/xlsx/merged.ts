import type { Archive } from '../archive.ts';
import { HEAD_ROWS, type MergedCells, MOST_MERGED } from '../sheet-sink.ts';
import { columnOf } from './cell-place.ts';

const MERGED = /<(?:\w+:)?mergeCell\s[^<>]*ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"/g;
/** What an element of merged cells may be long. */
const MOST_ELEMENT = 200;

/** Finds the merged cells of a sheet's first rows. They stand behind all cells, so the part is unpacked for them first. */
export async function readMerged(archive: Archive, part: string): Promise<MergedCells[]> {
  const merged: MergedCells[] = [];
  let rest = '';
  for await (const piece of archive.read(part)) {
    const text = rest + piece;
    rest = text.slice(-MOST_ELEMENT);
    if (!text.includes('mergeCell')) continue;
    let end = 0;
    for (const match of text.matchAll(MERGED)) {
      const [all, left = '', top, right = '', bottom] = match;
      end = match.index + all.length;
      if (Number(top) > HEAD_ROWS || merged.length >= MOST_MERGED) continue;
      merged.push({
        top: Number(top) - 1,
        left: columnOf(left),
        bottom: Number(bottom) - 1,
        right: columnOf(right),
      });
    }
    if (end > text.length - MOST_ELEMENT) rest = text.slice(end);
  }
  return merged;
}
