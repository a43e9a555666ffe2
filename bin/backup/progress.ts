import { formatBytes } from '../commands/keys/settings-keys.ts';

const TELL_EVERY_MS = 3000;

/** What was done so far, of how much; the total is as it was at the beginning. */
export interface Amount {
  files: number;
  bytes: number;
}

/** Tells a person at a terminal now and then how far a long step is; a short one says nothing. */
export function createProgress(remark: (text: string) => void, doing: string, total: Amount) {
  let toldAt = performance.now();
  const done: Amount = { files: 0, bytes: 0 };
  return (bytes: number): void => {
    done.files += 1;
    done.bytes += bytes;
    if (!process.stderr.isTTY || performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    const ofFiles = total.files > 0 ? ` of ${total.files}` : '';
    const ofBytes = total.bytes > 0 ? ` of ${formatBytes(total.bytes)}` : '';
    remark(`${doing}: ${done.files}${ofFiles} files, ${formatBytes(done.bytes)}${ofBytes}`);
  };
}
