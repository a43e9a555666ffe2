import { createHash, type Hash, type KeyObject, sign } from 'node:crypto';

/** A key that mails of a domain are signed with. */
export interface DkimKey {
  domain: string;
  selector: string;
  key: KeyObject;
}

/**
 * What is signed of a header. RFC 8058 asks for both headers of unsubscribing, and receivers that count complaints for
 * Feedback-ID.
 */
const SIGNED = [
  ...['from', 'sender', 'reply-to', 'to', 'cc', 'subject', 'date', 'message-id', 'in-reply-to', 'references'],
  ...['mime-version', 'content-type', 'content-transfer-encoding'],
  ...['list-id', 'list-unsubscribe', 'list-unsubscribe-post', 'feedback-id', 'auto-submitted'],
];
/** Those of them that nobody may add a second of: each is signed once more than it is there. */
const ONLY_ONCE = new Set(['from', 'to', 'cc', 'subject', 'date', 'message-id', 'reply-to']);

/** A header's field: its name in lower case, and its canonical form (RFC 6376, 3.4.2). */
interface Field {
  name: string;
  canonical: string;
}

function canonicalField(field: string): Field {
  const colon = field.indexOf(':');
  const name = field.slice(0, colon).trim().toLowerCase();
  const value = field
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replace(/[ \t]+/g, ' ')
    // No other white space: a byte of a letter may look like it.
    .replace(/^ | $/g, '');
  return { name, canonical: `${name}:${value}` };
}

const readFields = (head: string): Field[] =>
  head
    .split(/\r\n(?![ \t])/)
    .filter((line) => line !== '')
    .map(canonicalField);

/** Counts a body's hash in its relaxed form (RFC 6376, 3.4.4) while its chunks come; every line ends in CRLF. */
class BodyHash {
  readonly #hash: Hash = createHash('sha256');
  /** What came of the last line, and the empty lines that count only where something follows. */
  #rest = '';
  #emptyLines = 0;

  add(chunk: string): void {
    const text = this.#rest + chunk;
    const end = text.lastIndexOf('\r\n') + 2;
    if (end === 1) {
      this.#rest = text;
      return;
    }
    this.#rest = text.slice(end);
    this.#addLines(text.slice(0, end));
  }

  digest(): string {
    if (this.#rest !== '') this.#addLines(`${this.#rest}\r\n`);
    return this.#hash.digest('base64');
  }

  #addLines(lines: string): void {
    const relaxed = lines.replace(/[ \t]+/g, ' ').replaceAll(' \r\n', '\r\n');
    let end = relaxed.length;
    while (end >= 2 && relaxed.endsWith('\r\n', end)) end -= 2;
    if (end > 0) {
      this.#hash.update('\r\n'.repeat(this.#emptyLines), 'latin1');
      this.#hash.update(`${relaxed.slice(0, end)}\r\n`, 'latin1');
      this.#emptyLines = -1;
    }
    this.#emptyLines += (relaxed.length - end) / 2;
  }
}

const fold = (text: string, length: number): string =>
  (text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []).join('\r\n ');

/** Folds the names of fields at their colons. */
function foldNames(names: readonly string[]): string {
  let line = '';
  const lines: string[] = [];
  for (const name of names) {
    if (line !== '' && line.length + name.length > 68) {
      lines.push(`${line}:`);
      line = '';
    }
    line = line === '' ? name : `${line}:${name}`;
  }
  return [...lines, line].join('\r\n ');
}

/** Names what is signed of the fields, and lists their canonical forms: of several of a name the last one first. */
function chooseFields(fields: readonly Field[]): { names: string[]; lines: string[] } {
  const names: string[] = [];
  const lines: string[] = [];
  for (const name of SIGNED) {
    const found = fields.filter((field) => field.name === name).toReversed();
    lines.push(...found.map(({ canonical }) => canonical));
    names.push(...found.map(() => name));
    if (found.length > 0 && ONLY_ONCE.has(name)) names.push(name);
  }
  return { names, lines };
}

/** Makes the DKIM-Signature (RFC 6376, RFC 8463) of a mail; the same for the same mail, key and time. */
function createSignature(head: string, bodyHash: string, { domain, selector, key }: DkimKey, signedAt: Date): string {
  const { names, lines } = chooseFields(readFields(head));
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  const unsigned =
    `DKIM-Signature: v=1; a=${isEd25519 ? 'ed25519' : 'rsa'}-sha256; c=relaxed/relaxed; d=${domain};\r\n` +
    ` s=${selector}; t=${Math.floor(signedAt.getTime() / 1000)};\r\n` +
    ` h=${foldNames(names)};\r\n` +
    ` bh=${bodyHash};\r\n b=`;
  const text = [...lines, canonicalField(unsigned).canonical].join('\r\n');
  const data = Buffer.from(text, 'latin1');
  // RFC 8463, 3: Ed25519 signs the hash.
  const signature = isEd25519 ? sign(null, createHash('sha256').update(data).digest(), key) : sign('sha256', data, key);
  return `${unsigned}${fold(signature.toString('base64'), 72)}\r\n`;
}

/** Yields a mail's bytes, whose lines all end in CRLF, with a signature of each key before them. */
export async function* signMail(
  source: AsyncIterable<Buffer>,
  keys: readonly DkimKey[],
  signedAt: Date,
): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  const body = new BodyHash();
  /** The header, while its end has not come. */
  let open: string | null = '';
  let head = '';
  for await (const chunk of source) {
    chunks.push(chunk);
    const text = chunk.toString('latin1');
    if (open === null) {
      body.add(text);
      continue;
    }
    open += text;
    const end = open.indexOf('\r\n\r\n');
    if (end === -1) continue;
    head = open.slice(0, end);
    body.add(open.slice(end + 4));
    open = null;
  }
  const bodyHash = body.digest();
  for (const key of keys) yield Buffer.from(createSignature(open ?? head, bodyHash, key, signedAt), 'latin1');
  yield* chunks;
}
