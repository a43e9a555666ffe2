/** How a JPEG begins, though makers of cameras write another first byte, and how a PNG does. */
const START_OF_PICTURE = /\xd8\xff[\xc0-\xc4\xdb\xdd\xe0-\xef\xfe]|\x89PNG\r\n/;
/** No word, address or sum of a text is a run of so many letters; of several shorter ones, lines have so many at least. */
const LONG_RUN = 200;
const LINE = /[\w+/=-]{60,}/g;

/** Whether bytes hold a picture: as a file, or written as letters. */
export function showsPicture(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return START_OF_PICTURE.test(text) || isPacked(text);
}

/** Whether a text is, in a part of it, bytes written as letters (base64, hexadecimal): nobody knows what they show. */
export function isPacked(text: string): boolean {
  if (text.length < LONG_RUN) return false;
  const runs = text.match(LINE) ?? [];
  return runs.reduce((sum, { length }) => sum + length, 0) >= LONG_RUN;
}
