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
