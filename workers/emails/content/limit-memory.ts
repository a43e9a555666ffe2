const MEMORY_SECTION = 5;
const SECTIONS_AT = 8;
const PAGE_BYTES = 65_536;

/**
 * Gives a WebAssembly module's own memory a bound, in its bytes: what an instance asks for beyond it is not there, and breaks
 * off its work. The bounds of a thread do not count that memory. Throws where the module has no memory of its own.
 */
export function limitMemory(module: Uint8Array, bytes: number): Uint8Array {
  for (let at = SECTIONS_AT; at < module.length; ) {
    const id = module[at];
    const size = readNumber(module, at + 1);
    const end = size.end + size.value;
    if (id === MEMORY_SECTION) {
      // One memory: a flag whether it has a bound, the pages that it begins with, the bound.
      const least = readNumber(module, size.end + 2);
      const content = [
        1,
        1,
        ...toBytes(least.value),
        ...toBytes(Math.max(least.value, Math.floor(bytes / PAGE_BYTES))),
      ];
      const section = [MEMORY_SECTION, ...toBytes(content.length), ...content];
      return Buffer.concat([module.subarray(0, at), Uint8Array.from(section), module.subarray(end)]);
    }
    at = end;
  }
  throw new Error('the WebAssembly module has no memory');
}

/** Reads a number as WebAssembly has it (LEB128), and where it ends. */
function readNumber(bytes: Uint8Array, at: number): { value: number; end: number } {
  const byte = bytes[at] ?? 0;
  if (byte < 128) return { value: byte, end: at + 1 };
  const rest = readNumber(bytes, at + 1);
  return { value: (byte & 127) + rest.value * 128, end: rest.end };
}

const toBytes = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...toBytes(Math.floor(value / 128))];
