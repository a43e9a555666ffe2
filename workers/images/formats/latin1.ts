/** The first bytes of a file, a character each. */
export const toLatin1 = (head: Uint8Array, maxBytes: number): string =>
  Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, maxBytes)).toString('latin1');
