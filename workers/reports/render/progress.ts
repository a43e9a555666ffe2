/** How far a report is: the share of all work from 0 to 1, and what was drawn of how much once that is known. */
export interface RenderProgress {
  share: number;
  done?: number;
  total?: number;
  unit?: 'rows' | 'blocks';
}

/** Reading the rows takes about this part of the time. */
const READING_SHARE = 0.3;

/** Returns the progress of a report whose rows were read to this share. */
export const readingProgress = (share: number): RenderProgress => ({ share: READING_SHARE * share });

/** The part of the reading that the files take; the rest is printing their rows. */
const FILES_SHARE = 0.5;
/** A row of a file has about so many bytes: until all are read nobody knows how many there are. */
const ROW_BYTES = 60;

/** Counts what was read of files of so many bytes, and printed of their rows; `onShare` is told 0 to 1. */
export function openReading(bytes: number, onShare: (share: number) => void) {
  let read = 0;
  let printed = 0;
  const tell = () => {
    const ofFiles = Math.min(1, read / Math.max(1, bytes));
    const ofRows = Math.min(1, (printed * ROW_BYTES) / Math.max(1, bytes));
    onShare(FILES_SHARE * ofFiles + (1 - FILES_SHARE) * ofRows);
  };
  return {
    onBytes(count: number): void {
      read += count;
      tell();
    },
    onRows(rows: number): void {
      printed += rows;
      tell();
    },
  };
}

/** Counts what was laid out of a report: rows where it has tables, else blocks. */
export function createSteps(rows: number, blocks: number, onProgress: (progress: RenderProgress) => void) {
  const total = rows > 0 ? rows : blocks;
  const unit = rows > 0 ? 'rows' : 'blocks';
  let done = 0;
  return (of: 'rows' | 'blocks'): void => {
    if (of !== unit) return;
    done += 1;
    // A table that is printed in parts passes its rows more than once.
    const share = Math.min(1, done / total);
    onProgress({ share: READING_SHARE + (1 - READING_SHARE) * share, done: Math.min(done, total), total, unit });
  };
}
