/** A longer text is cut off: it is no caption any more. */
export const MAX_TEXT_LENGTH = 2000;
/** So many bytes hold any text of that length, as UTF-8. */
const MAX_TEXT_BYTES = 4 * MAX_TEXT_LENGTH;

/** Decodes a text of a file's metadata, cut to MAX_TEXT_BYTES: as UTF-8, else as Latin-1, as old programs wrote it. */
export function decodeText(bytes: Buffer): string {
  const cut = bytes.subarray(0, cutBefore(bytes, MAX_TEXT_BYTES));
  const text = cut.toString();
  return text.includes('\ufffd') ? cut.toString('latin1') : text;
}

/** Returns where to cut so that no character of UTF-8 (4 bytes at most) is cut in two. */
function cutBefore(bytes: Buffer, limit: number): number {
  if (bytes.length <= limit) return bytes.length;
  let end = limit;
  while (end > limit - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
