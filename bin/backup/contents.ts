import { z } from 'zod';

/** The archive's first entry: what it is of. */
export const MANIFEST = 'backup.json';
/** Its last: what `sha256sum --check` reads. An archive without it was cut off. */
export const SUMS = 'SHA256SUMS';
/** How an archive is laid out: everything else lies in it as in a data directory. */
export const FORMAT = 2;
/** The format of an archive that has the files in it, as all had before there was another place for them. */
export const FORMAT_WITH_FILES = 1;

/** Redis' folder of its append-only file, and the file that names the others. */
export const LOG_FOLDER = 'redis/appendonlydir';
export const LOG_MANIFEST = 'appendonly.aof.manifest';

/** Files beside the folders. */
export const SECRET_FILES = ['secret', 'api-key'] as const;
/** The folder of what storage holds. */
export const STORAGE = 'storage';

const NAME = String.raw`\w[\w.@-]*`;
const ENTRY = new RegExp(`^(?:${SECRET_FILES.join('|')}|${LOG_FOLDER}/${NAME}|${STORAGE}(?:/${NAME})+)$`);

/** Whether an archive may have an entry of that name: it leads nowhere but into a data directory. */
export const isEntryName = (name: string): boolean =>
  ENTRY.test(name) && !name.startsWith(`${STORAGE}/tmp/`) && name.length < 1000;

const count = z.int().nonnegative();

/** Jobs of a kind by state. */
const jobCounts = z.object({
  waiting: count,
  delayed: count,
  active: count,
  completed: count,
  failed: count,
  cancelled: count,
});

export type JobCounts = z.infer<typeof jobCounts>;

/** What a backup says of itself. */
export const manifestSchema = z.object({
  format: count,
  /** The version of Heavylift that made it. */
  heavylift: z.string(),
  /** Its moment: every job that was accepted before is in it, and no later one. RFC 3339. */
  createdAt: z.iso.datetime(),
  /** Whether the deployment ran on: then it may have sent since what waits in the backup. */
  running: z.boolean(),
  /** The deployment's id; null where none had started yet. */
  deployment: z.string().nullable(),
  /** The version of the data's layout. */
  dataVersion: count,
  keyPrefix: z.string(),
  /** What wrote the queue: its version, and the version of its snapshot's format (null: there is none). */
  redis: z.object({ version: z.string(), format: count.nullable() }),
  jobs: z.record(z.string(), jobCounts),
  /** The bucket in which the files of its jobs lie (`s3://bucket/prefix`); absent where they are in it. */
  bucket: z.string().optional(),
  /** Which of the secret files it has. */
  secrets: z.array(z.enum(SECRET_FILES)),
});

export type Manifest = z.infer<typeof manifestSchema>;
