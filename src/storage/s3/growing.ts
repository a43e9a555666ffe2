import { CompleteMultipartUploadCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import { growingKey } from '../keys.ts';
import type { GrowingContents, Growth } from '../storage.ts';
import type { S3Sender } from './client.ts';
import { cover, findGrown, type GrowingPlace, type Grown, openGrown, type Piece, pieceName } from './grown.ts';
import { readContent } from './read.ts';
import { withPauses } from './with-pauses.ts';
import { completeMs, PART_BYTES } from './write.ts';

/** What has come for so long is written, though it fills no part, and though nothing more comes: a process that is killed loses no more. */
const WRITE_AFTER_MS = 1000;
/** So many pieces are read for one tail; then it is written anew in one. */
const MOST_PIECES = 32;

/**
 * Makes the contents that grow in a bucket: an upload in parts of one size each, and the unfinished tail, which is less than a
 * part, as contents of their own below `growing`, each named by its place and length. So two writers who have the same bytes
 * never harm each other, whoever comes last.
 */
export function createS3Growing(sender: S3Sender, place: GrowingPlace): GrowingContents {
  const { objects } = place;

  /** Whether the content lies at its key, whole. */
  const isWhole = async (key: string, total: number): Promise<boolean> => {
    try {
      return (await sender.send(new HeadObjectCommand(objects.at(key)))).ContentLength === total;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return false;
      throw error;
    }
  };

  return {
    async size(key, total, sure = total) {
      if (await isWhole(key, total)) return total;
      return Math.min((await findGrown(sender, place, key)).size, total, sure);
    },
    async append(key, content, growth) {
      const { from, total, mayCut } = growth;
      if (from === total && (await isWhole(key, total))) {
        // A process that died right after it had become whole has left them.
        await removePieces(key).catch(() => {});
        return total;
      }
      const grown = await findGrown(sender, place, key);
      if (grown.size < from) throw new Error(`${key} has ${grown.size} bytes, not ${from}`);
      const parts = grown.parts.slice(0, Math.floor(from / PART_BYTES));
      // Where a part could not be sent, the tail may be as long as one.
      const begin = parts.length * PART_BYTES;
      const pieces = cover(grown.pieces, begin);
      const tail = await readTail(sender, objects, { pieces, begin, to: from });
      const beyond = grown.pieces.filter(({ end }) => end > from);
      if (beyond.length > 0) {
        await mayCut?.();
        if (tail.length > 0) await putPiece(sender, place, { key, start: begin }, tail);
      }
      // Those of parts that may turn out not to count (`Growth.accept`) lie behind this place: they stay until then.
      const isUseless = (piece: Piece) =>
        piece.end <= begin || beyond.includes(piece) || (!pieces.includes(piece) && isCovered(piece, pieces));
      await objects.remove(grown.pieces.filter(isUseless).map((piece) => piece.key));
      const { uploadId } = grown;
      const writer = createWriter(sender, place, { key, uploadId, parts, from, total, pieces: pieces.length });
      await writer.add(tail);
      await write(writer, content, growth);
      if (writer.size() < total) {
        await writer.keep();
        return writer.size();
      }
      await writer.complete(() => isWhole(key, total));
      await removePieces(key).catch(() => {});
      return total;
    },
    async remove(key) {
      await openGrown(sender, place).abort(key);
      await removePieces(key);
    },
    assertRoom: async () => {},
  };

  async function removePieces(key: string): Promise<void> {
    const found = await objects.find(`${growingKey(key)}/`);
    await objects.remove(found.map((piece) => piece.key));
  }
}

/** The bytes between two places, of which the first is where a part begins. */
async function readTail(
  sender: S3Sender,
  objects: GrowingPlace['objects'],
  { pieces, begin, to }: { pieces: readonly Piece[]; begin: number; to: number },
): Promise<Buffer> {
  const found: Buffer[] = [];
  let at = begin;
  for (const { key, start, end } of pieces) {
    if (at >= to) break;
    const piece = await readContent(sender, objects.at(key));
    found.push(piece.subarray(at - start, Math.min(end, to) - start));
    at = Math.min(end, to);
  }
  if (at < to) throw new Error(`the bytes from ${at} to ${to} are not there`);
  return Buffer.concat(found, to - begin);
}

const isCovered = ({ start, end }: Piece, by: readonly Piece[]): boolean =>
  by.some((piece) => piece.start <= start && piece.end >= end);

/** Hands over what comes; nothing of it counts before it was accepted. */
async function write(writer: Writer, content: AsyncIterable<Uint8Array>, { total, accept }: Growth): Promise<void> {
  for await (const chunk of withPauses(content, WRITE_AFTER_MS)) {
    if (chunk === null) {
      // What can not be written yet is written with what comes next.
      await writer.keep().catch(() => {});
      continue;
    }
    if (writer.size() + chunk.length > total) throw new Error(`more than ${total} bytes`);
    await writer.add(chunk).catch(async (error: unknown) => {
      await writer.keep().catch(() => {});
      throw error;
    });
  }
  accept?.();
}

/** Writes bytes of the tail as a content of their own. */
async function putPiece(
  sender: S3Sender,
  { objects }: GrowingPlace,
  { key, start }: { key: string; start: number },
  body: Buffer,
): Promise<void> {
  const { encryption, ...at } = objects.target(`${growingKey(key)}/${pieceName(start, body.length)}`);
  const command = new PutObjectCommand({ ...at, ...encryption, Body: body, ContentLength: body.length });
  await sender.send(command, { bytes: body.length });
}

/** Takes the bytes that lie behind the parts: those of the tail, and then those of one append. */
interface Writer {
  /** How many bytes the content has, these included. */
  size(): number;
  add(chunk: Uint8Array): Promise<void>;
  /** Writes what fills no part. */
  keep(): Promise<void>;
  /** Makes the content whole; `isWhole` says whether it is, where the answer was lost. */
  complete(isWhole: () => Promise<boolean>): Promise<void>;
}

interface Writing {
  key: string;
  uploadId: string | null;
  /** The parts that stay. */
  parts: Grown['parts'];
  from: number;
  total: number;
  /** How many pieces the tail is made of. */
  pieces: number;
}

function createWriter(
  sender: S3Sender,
  place: GrowingPlace,
  { key, uploadId: begun, parts, from, total, pieces: found }: Writing,
): Writer {
  const target = place.objects.target(key);
  const upload = openGrown(sender, place);
  let uploadId = begun;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let keptTo = from;
  let keptAt = performance.now();
  let pieces = found;
  const base = () => parts.length * PART_BYTES;
  const size = () => base() + heldBytes;

  const sendPart = async () => {
    uploadId ??= await upload.begin(key);
    const number = parts.length + 1;
    const body = Buffer.concat(held, heldBytes);
    parts.push({ PartNumber: number, ETag: await upload.sendPart({ key, uploadId, number }, body) });
    held = [];
    heldBytes = 0;
    pieces = 0;
    keptTo = size();
    keptAt = performance.now();
  };
  const keep = async () => {
    if (size() <= keptTo) return;
    // Many small pieces become one; the others are removed when the next ones come.
    const start = pieces >= MOST_PIECES ? base() : Math.max(keptTo, base());
    pieces = start === base() ? 1 : pieces + 1;
    const body = Buffer.concat(held, heldBytes).subarray(start - base());
    await putPiece(sender, place, { key, start }, body);
    keptTo = size();
    keptAt = performance.now();
  };

  return {
    size,
    keep,
    async add(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + PART_BYTES - heldBytes);
        // Whoever gives the chunks may write into them anew.
        held.push(Buffer.from(piece));
        heldBytes += piece.length;
        at += piece.length;
        if (heldBytes === PART_BYTES && total > PART_BYTES) await sendPart();
      }
      if (size() < total && performance.now() - keptAt > WRITE_AFTER_MS) await keep();
    },
    async complete(isWhole) {
      const { encryption, ...at } = target;
      if (total <= PART_BYTES) {
        const Body = Buffer.concat(held, heldBytes);
        const command = new PutObjectCommand({ ...at, ...encryption, Body, ContentLength: Body.length });
        await sender.send(command, { bytes: Body.length });
        return;
      }
      if (heldBytes > 0) await sendPart();
      const MultipartUpload = { Parts: parts };
      const complete = new CompleteMultipartUploadCommand({ ...at, UploadId: uploadId ?? undefined, MultipartUpload });
      await sender.send(complete, { limitMs: completeMs(parts.length) }).catch(async (error: unknown) => {
        if (!(await isWhole())) throw error;
      });
    },
  };
}
