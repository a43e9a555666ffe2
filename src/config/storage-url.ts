import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findUrlFault } from '../fetch/url-shape.ts';

/** Files in a folder of this machine, or one that is mounted here. */
export interface DiskPlace {
  on: 'disk';
  folder: string;
}

/** Files in a bucket of an S3-compatible server. */
export interface S3Place {
  on: 's3';
  /** How people know it: `s3://bucket/prefix`. */
  name: string;
  bucket: string;
  /** What all keys begin with, with a slash at its end; '' for a bucket of its own. */
  prefix: string;
  region: string;
  /** Absent: Amazon's own. */
  endpoint?: string;
  /** Where callers reach the same server, for presigned addresses; absent: at the endpoint. */
  publicEndpoint?: string;
  /** The bucket stands in the path of addresses, rather than in their host. */
  forcePathStyle: boolean;
  /** What the server is to encrypt with; absent: as the bucket says. */
  encryption?: (typeof ENCRYPTIONS)[number];
  kmsKeyId?: string;
}

/** Where uploads and results lie. */
export type StoragePlace = DiskPlace | S3Place;

const ENCRYPTIONS = ['AES256', 'aws:kms'] as const;
const DEFAULT_REGION = 'us-east-1';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^\w[\w.-]*(\/\w[\w.-]*)*$/;

const endpoint = z
  .string()
  .superRefine((text, context) => {
    const fault = findUrlFault(text);
    if (fault) context.addIssue(fault);
    else if (!/^https?:\/\/[^/?#]+\/?$/i.test(text)) context.addIssue('must have no path, no query and no fragment');
  })
  .transform((text) => text.replace(/\/$/, ''));

const parameters = z
  .strictObject({
    endpoint: endpoint.optional(),
    publicEndpoint: endpoint.optional(),
    region: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a region like eu-north-1')
      .default(DEFAULT_REGION),
    forcePathStyle: z
      .enum(['true', 'false'], 'must be true or false')
      .transform((text) => text === 'true')
      .optional(),
    encryption: z.enum(ENCRYPTIONS, `must be ${ENCRYPTIONS.join(' or ')}`).optional(),
    kmsKeyId: z
      .string()
      .regex(/^[\w:/.-]{1,2048}$/, 'must be the id or the ARN of a key')
      .optional(),
  })
  .superRefine(({ encryption, kmsKeyId }, context) => {
    if (kmsKeyId && encryption !== 'aws:kms') context.addIssue({ code: 'custom', path: ['kmsKeyId'], message: KMS });
  });
const KMS = 'must stand beside encryption=aws:kms';

/** A place of storage as one text: `file:///folder`, or `s3://bucket/prefix?endpoint=...&region=...`. */
export const storageUrl = z.string().transform((text, context): StoragePlace => {
  const url = URL.parse(text);
  const refuse = (message: string) => {
    context.addIssue(message);
    return z.NEVER;
  };
  if (url?.protocol === 'file:') return readFileUrl(url, refuse);
  if (url?.protocol === 's3:') return readS3Url(url, refuse);
  return refuse('must be a URL that begins with file:/// or s3://');
});

type Refuse = (message: string) => never;

function readFileUrl(url: URL, refuse: Refuse): DiskPlace {
  if (url.host !== '' || url.search !== '' || url.hash !== '' || url.pathname === '/') {
    return refuse('must have the path of a folder alone behind file://, like file:///srv/files');
  }
  try {
    return { on: 'disk', folder: fileURLToPath(url).replace(/\/+$/, '') };
  } catch {
    return refuse('must have the path of a folder alone behind file://, like file:///srv/files');
  }
}

function readS3Url(url: URL, refuse: Refuse): S3Place {
  const prefix = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  if (url.username !== '' || url.password !== '') {
    return refuse('must have no keys in it: they are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  if (url.port !== '' || !BUCKET.test(url.hostname)) {
    return refuse('must name a bucket behind s3:// (3 to 63 lower-case letters, digits, dots and dashes)');
  }
  if (prefix !== '' && (!PREFIX.test(prefix) || prefix.length > 200)) {
    return refuse('must have a prefix of at most 200 letters, digits, dots, dashes and underscores, between slashes');
  }
  if (url.hash !== '') return refuse('must have no fragment (#)');
  const names = [...url.searchParams.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return refuse(`must have ${twice} only once`);
  const given = parameters.safeParse(Object.fromEntries(url.searchParams));
  if (!given.success) return refuse(given.error.issues.map(describeIssue).join('; '));
  const { forcePathStyle, ...rest } = given.data;
  const place = { on: 's3', bucket: url.hostname, prefix: prefix === '' ? '' : `${prefix}/` } as const;
  return {
    ...place,
    name: `s3://${url.hostname}${prefix === '' ? '' : `/${prefix}`}`,
    region: rest.region,
    // Servers other than Amazon's have no names for buckets, as a rule.
    forcePathStyle: forcePathStyle ?? rest.endpoint !== undefined,
    ...(rest.endpoint === undefined ? {} : { endpoint: rest.endpoint }),
    ...(rest.publicEndpoint === undefined ? {} : { publicEndpoint: rest.publicEndpoint }),
    ...(rest.encryption === undefined ? {} : { encryption: rest.encryption }),
    ...(rest.kmsKeyId === undefined ? {} : { kmsKeyId: rest.kmsKeyId }),
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return `must be right: ${issue.path.join('.')} ${issue.message}`;
  const known = Object.keys(parameters.shape).join(', ');
  return `must have no parameter ${issue.keys.join(', ')}; there are ${known}`;
}
