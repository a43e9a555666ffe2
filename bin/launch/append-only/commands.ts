const STAR = '*'.charCodeAt(0);
const DOLLAR = '$'.charCodeAt(0);
/** A longer number is no length. */
const MOST_DIGITS = 10;

/** Reads `<mark><number>\r\n`; null where there is something else. */
function readNumber(bytes: Buffer, at: number, mark: number): { value: number; end: number } | null {
  if (bytes[at] !== mark) return null;
  const end = bytes.subarray(at, at + MOST_DIGITS + 3).indexOf('\r\n');
  const text = end < 0 ? '' : bytes.toString('latin1', at + 1, at + end);
  return /^\d+$/.test(text) ? { value: Number(text), end: at + end + 2 } : null;
}

/** Where the command ends that begins there, as Redis writes it to its log; -1 where there is no whole one. */
export function endOfCommand(bytes: Buffer, at: number): number {
  const count = readNumber(bytes, at, STAR);
  if (!count || count.value === 0) return -1;
  let { end } = count;
  for (let part = 0; part < count.value; part += 1) {
    const length = readNumber(bytes, end, DOLLAR);
    if (!length) return -1;
    end = length.end + length.value + 2;
    if (end > bytes.length || bytes.toString('latin1', end - 2, end) !== '\r\n') return -1;
  }
  return end;
}

/** Counts the commands up to the first place that is none, and those that can be read behind it. */
export function countCommands(bytes: Buffer): { before: number; behind: number } {
  let at = 0;
  let before = 0;
  for (let end = endOfCommand(bytes, at); end >= 0; end = endOfCommand(bytes, at)) {
    before += 1;
    at = end;
  }
  let behind = 0;
  for (at = bytes.indexOf(STAR, at); at >= 0; at = bytes.indexOf(STAR, at)) {
    const end = endOfCommand(bytes, at);
    behind += end < 0 ? 0 : 1;
    at = end < 0 ? at + 1 : end;
  }
  return { before, behind };
}
