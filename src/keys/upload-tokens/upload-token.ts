import { z } from 'zod';

/** What every job of an upload token has, whatever its request says. */
const jobOptions = z.object({
  subject: z.string().exactOptional(),
  callbackUrl: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  metadata: z.record(z.string(), z.unknown()).exactOptional(),
});

/** What is kept of an upload token beside its id: never its text. Times are milliseconds since the epoch. */
export const tokenFacts = z.object({
  /** The key that made it, by its name and the beginning of its digest: it dies with that. */
  caller: z.string(),
  digest: z.string(),
  kind: z.string(),
  /** Names what was made with this token, and with others of the same visitor. */
  series: z.string(),
  /** Fields of each job, secret ones sealed. */
  options: z.record(z.string(), z.unknown()),
  /** Fields that its holder may choose. */
  open: z.array(z.string()),
  job: jobOptions,
  maxFiles: z.int().positive(),
  /** Of each file; null as the kind has it. */
  maxBytes: z.int().positive().nullable(),
  /** Of all files together; null for any. */
  maxTotalBytes: z.int().positive().nullable(),
  /** Media types; null as the kind has them. */
  types: z.array(z.string()).nullable(),
  origins: z.array(z.string()),
  createdAt: z.int(),
  expiresAt: z.int(),
});

export type TokenFacts = z.infer<typeof tokenFacts>;

/** Lets who has it send files and jobs of one kind for the key that made it, within its limits, for a while. */
export interface UploadToken extends TokenFacts {
  id: string;
}

/** How much of a token is used up. */
export interface TokenUse {
  files: number;
  jobs: number;
  bytes: number;
}
