import { closeSync, openSync, writeSync } from 'node:fs';

/** Small pieces come by the thousand: as many as fit here are written at once. */
const WRITE_BYTES = 1 << 20;

/** Writes pieces to a new file. The thread that draws has nothing else to do, so it waits for the disk. */
export function openPieces(path: string): { write(piece: Uint8Array): void; close(): void } {
  const file = openSync(path, 'w', 0o600);
  const buffer = Buffer.allocUnsafe(WRITE_BYTES);
  let filled = 0;
  const writeAll = (bytes: Uint8Array) => {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
  };
  const flush = () => {
    writeAll(buffer.subarray(0, filled));
    filled = 0;
  };
  return {
    write(piece) {
      if (filled + piece.length > WRITE_BYTES) flush();
      if (piece.length > WRITE_BYTES) return writeAll(piece);
      buffer.set(piece, filled);
      filled += piece.length;
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}
