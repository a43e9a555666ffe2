import { createHash, type KeyObject, verify } from 'node:crypto';

/** What became of a signature: whether it holds, and its tags. */
export interface Verdict {
  holds: boolean;
  tags: Record<string, string>;
}

const relaxedField = (field: string): string => {
  const [, name = '', value = ''] = /^([^:]*):([\s\S]*)$/.exec(field) ?? [];
  const unfolded = value.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ');
  return `${name.trim().toLowerCase()}:${unfolded.replace(/^ | $/g, '')}`;
};

function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * Verifies the DKIM signatures of a mail (latin1), in their order, as RFC 6376 and RFC 8463 tell a receiver to. The keys
 * are given in the place of DNS, by selector.
 */
export function verifyDkim(source: string, keys: Readonly<Record<string, KeyObject>>): Verdict[] {
  const end = source.indexOf('\r\n\r\n');
  const fields = source.slice(0, end).split(/\r\n(?![ \t])/);
  const hash = createHash('sha256')
    .update(relaxedBody(source.slice(end + 4)), 'latin1')
    .digest('base64');
  return fields.filter(isSignature).map((signature) => {
    const tags = readTags(signature);
    // From the bottom up: a name that is listed more often than its field is there stands for none.
    const left = fields.filter((field) => !isSignature(field)).toReversed();
    const signed = (tags['h'] ?? '').split(':').flatMap((name) => {
      const at = left.findIndex((field) => relaxedField(field).startsWith(`${name.trim().toLowerCase()}:`));
      return at === -1 ? [] : left.splice(at, 1).map(relaxedField);
    });
    const own = relaxedField(signature.replace(/(\bb=)[A-Za-z0-9+/=\s]+$/, '$1'));
    const data = Buffer.from([...signed, own].join('\r\n'), 'latin1');
    const bytes = Buffer.from(tags['b'] ?? '', 'base64');
    const key = keys[tags['s'] ?? ''];
    const isEd25519 = tags['a'] === 'ed25519-sha256';
    const holds =
      key !== undefined &&
      tags['bh'] === hash &&
      (isEd25519
        ? verify(null, createHash('sha256').update(data).digest(), key, bytes)
        : verify('sha256', data, key, bytes));
    return { holds, tags };
  });
}

const isSignature = (field: string): boolean => /^dkim-signature:/i.test(field);

const readTags = (signature: string): Record<string, string> =>
  Object.fromEntries(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => {
        const [, name = '', value = ''] = /^\s*(\w+)\s*=([\s\S]*)$/.exec(tag) ?? [];
        return [name, value.replace(/\s+/g, '')];
      }),
  );
