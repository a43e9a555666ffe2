import type { Tally } from './tally.ts';

/** Bytes of a value by a field's type; the numbers are TIFF's. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 9: 4, 16: 8 };
/** What is kept of a picture: its description, XMP, IPTC, Photoshop's block, its colour profile. */
const KEPT = [270, 700, 33_723, 34_377, 34_675];
/** libtiff reads no directory of more. */
const MAX_FIELDS = 4096;

/** How a TIFF of the classic kind, or a BigTIFF, writes its numbers. */
interface Layout {
  isLittle: boolean;
  isBig: boolean;
}

/** Counts a TIFF's pages, and what the one that is read keeps. Pages that point at each other end the walk. */
export function countTiff(tiff: Buffer, tally: Tally, page = 1): void {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = tiff[0] === 0x49;
  const layout = { isLittle, isBig: view.getUint16(2, isLittle) === 43 };
  const seen = new Set<number>();
  try {
    for (let at = readOffset(view, layout.isBig ? 8 : 4, layout); at > 0 && !seen.has(at); ) {
      seen.add(at);
      tally.page();
      const fields = layout.isBig ? readOffset(view, at, layout) : view.getUint16(at, isLittle);
      const start = at + (layout.isBig ? 8 : 2);
      if (seen.size === page) countFields(view, { start, fields: Math.min(fields, MAX_FIELDS) }, layout, tally);
      at = readOffset(view, start + fields * (layout.isBig ? 20 : 12), layout);
    }
  } catch (error) {
    // Behind the end of the file: what comes is no page.
    if (!(error instanceof RangeError)) throw error;
  }
}

const readOffset = (view: DataView, at: number, { isLittle, isBig }: Layout): number =>
  isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);

/** Counts what one directory keeps, whose fields begin at `start`. */
function countFields(
  view: DataView,
  { start, fields }: { start: number; fields: number },
  layout: Layout,
  tally: Tally,
): void {
  for (let field = 0; field < fields; field += 1) {
    const at = start + field * (layout.isBig ? 20 : 12);
    if (!KEPT.includes(view.getUint16(at, layout.isLittle))) continue;
    const values = readOffset(view, at + 4, layout);
    const bytes = values * (TYPE_BYTES[view.getUint16(at + 2, layout.isLittle)] ?? 1);
    // A field that claims more than the file has is passed over by every reader.
    tally.part(bytes <= view.byteLength ? bytes : 0);
  }
}
