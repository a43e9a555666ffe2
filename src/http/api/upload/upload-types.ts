import type { Config } from '../../../config/platform.ts';
import { AppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';

const UNKNOWN = 'application/octet-stream';
const PDF = 'application/pdf';
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;
/** What its content alone can say, and what says nothing of the content. */
const NOT_BELIEVED = /^(?:image|multipart|message)\/|^application\/(?:octet-stream|x-www-form-urlencoded|pdf)$/;

/** Finds the media type of a file by its first bytes, and by what its sender says of it (a Content-Type). */
export type FindType = (head: Uint8Array, said: string | undefined) => string;

/**
 * Makes it of the kinds: what one that works on a file knows is that; else what the sender says counts, unless only the
 * content could tell; and at last what a kind that takes files along knows.
 */
export function createTypeFinder(contracts: readonly JobContract[], config: Config): FindType {
  const byHead = (head: Uint8Array, isAsked: (contract: JobContract) => boolean): string | undefined =>
    contracts
      .filter(isAsked)
      .reduce<string | undefined>((found, contract) => found ?? inspect(contract, head, config), undefined);
  return (head, said) => {
    if (Buffer.from(head.subarray(0, 5)).toString('latin1') === '%PDF-') return PDF;
    const claimed = said?.split(';')[0]?.trim().toLowerCase() ?? '';
    const believed = MEDIA_TYPE.test(claimed) && !NOT_BELIEVED.test(claimed) ? claimed : undefined;
    return (
      byHead(head, ({ accepts }) => accepts === 'upload') ??
      believed ??
      byHead(head, ({ accepts }) => accepts === 'json') ??
      UNKNOWN
    );
  };
}

/** What a kind takes the file for; undefined where it would refuse it. */
function inspect({ upload }: JobContract, head: Uint8Array, config: Config): string | undefined {
  try {
    return upload?.inspect(head.subarray(0, upload.headBytes), config, '').type;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
