import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { PdfObject, Security } from './pdfkit-internals.ts';

type MakeObject = (data: Record<string, unknown>) => PdfObject;

/** The standard cuts passwords off here. */
const MAX_PASSWORD_BYTES = 127;
/** Who has the password may do everything: it closes the file to others, no more. The two lowest bits are reserved. */
const PERMISSIONS = -4;
const NO_IV = Buffer.alloc(16);

const toBytes = (password: string): Buffer => Buffer.from(password.normalize('NFKC')).subarray(0, MAX_PASSWORD_BYTES);

function encipher(algorithm: string, key: Uint8Array, iv: Uint8Array | null, content: Uint8Array): Buffer {
  const cipher = createCipheriv(algorithm, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(content), cipher.final()]);
}

const HASHES = ['sha256', 'sha384', 'sha512'] as const;

/** The slow hash of ISO 32000-2, algorithm 2.B: at least 64 rounds, each with an encryption of 64 repetitions. */
function hashPassword(password: Uint8Array, salt: Uint8Array, user: Uint8Array): Buffer {
  let key = createHash('sha256').update(password).update(salt).update(user).digest();
  for (let round = 1; ; round += 1) {
    const one = Buffer.concat([password, key, user]);
    const repeated = Buffer.concat(Array.from({ length: 64 }, () => one));
    const enciphered = encipher('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32), repeated);
    // The first 16 bytes as one number, modulo 3: 256 is 1 modulo 3, so that their sum does.
    const rest = enciphered.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3;
    key = createHash(HASHES[rest as 0 | 1 | 2])
      .update(enciphered)
      .digest();
    if (round >= 64 && (enciphered.at(-1) ?? 0) <= round - 32) return key.subarray(0, 32);
  }
}

/** What proves a password, and the document's key locked with it. */
function lockKey(fileKey: Buffer, password: Buffer, user: Buffer): { proof: Buffer; locked: Buffer } {
  const [proofSalt, keySalt] = [randomBytes(8), randomBytes(8)];
  const proof = Buffer.concat([hashPassword(password, proofSalt, user), proofSalt, keySalt]);
  return { proof, locked: encipher('aes-256-cbc', hashPassword(password, keySalt, user), NO_IV, fileKey) };
}

function lockPermissions(fileKey: Buffer): Buffer {
  const plain = Buffer.alloc(16, 0xff);
  plain.writeInt32LE(PERMISSIONS, 0);
  plain.write('Tadb', 8, 'latin1');
  randomBytes(4).copy(plain, 12);
  return encipher('aes-256-ecb', fileKey, null, plain);
}

/**
 * Closes a document with a password as PDF 2.0 does (AES-256, revision 6): pdfkit itself has only the revision before
 * it, whose passwords are guessed fast. The owner's password is random and thrown away.
 */
export function createSecurity(makeObject: MakeObject, password: string): Security {
  const fileKey = randomBytes(32);
  const user = lockKey(fileKey, toBytes(password), Buffer.alloc(0));
  const owner = lockKey(fileKey, randomBytes(32), user.proof);
  const dictionary = makeObject({
    Filter: 'Standard',
    V: 5,
    R: 6,
    Length: 256,
    CF: { StdCF: { AuthEvent: 'DocOpen', CFM: 'AESV3', Length: 32 } },
    StmF: 'StdCF',
    StrF: 'StdCF',
    U: user.proof,
    UE: user.locked,
    O: owner.proof,
    OE: owner.locked,
    P: PERMISSIONS,
    Perms: lockPermissions(fileKey),
  });
  return {
    dictionary,
    getEncryptFn: () => (content) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv('aes-256-cbc', fileKey, iv);
      return Buffer.concat([iv, cipher.update(content), cipher.final()]);
    },
    end: () => dictionary.end(),
  };
}
