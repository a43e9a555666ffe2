import type { RedisMode } from './switch.ts';

/** Tests that hold at one Redis and a disk alone. */
export interface LeftOut {
  /** The file, below `test` and without its ending. */
  file: string;
  /** What the full names begin with of the tests that are meant; without it all of the file are. */
  test?: string;
  /** The Redis that it does not hold with; absent: none but one server, or files on the disk. */
  only?: Exclude<RedisMode, 'single'>;
  why: string;
}

/** Everything that the matrix leaves out: whatever is not here holds over each Redis and each storage. */
export const LEFT_OUT: readonly LeftOut[] = [
  { file: 'fault/lost-answers', why: 'stands between the product and the socket of one Redis' },
  {
    file: 'fault/worker-death',
    test: 'SIGTERM a worker that is ended while its connections to Redis are still being made',
    why: 'stands between a worker and the socket of one Redis',
  },
  {
    file: 'fault/redis-outage',
    test: 'a password that does not hold any more',
    why: 'sets the password of one server, which sentinels and other servers would need too',
  },
  { file: 'fault/storage', why: 'fills and breaks a folder; test/long/storage/s3-faults.test.ts does it to a bucket' },
  {
    file: 'integration/web-processes',
    test: 'a web process that is stopped an upload under way is taken',
    why: 'looks for the draft in a folder, which a bucket has from 5 MB on',
  },
  {
    file: 'integration/front-door',
    test: 'an upload whose key is revoked before it is whole',
    why: 'looks for the draft in a folder, which a bucket has from 5 MB on',
  },
  {
    file: 'integration/files/tus',
    test: 'what it takes of what the disk has not: 507 at once',
    why: 'asks how much room a disk has, which a bucket does not say',
  },
  {
    file: 'integration/operations/doctor',
    test: 'a deployment where much is wrong',
    why: 'sets one server badly, closes its port, and has a file in the place of the folder',
  },
  {
    file: 'integration/queue/queue-scripts',
    test: 'a change before an effect counts on the master that has it, and not on one',
    only: 'cluster',
    why: 'has the other master as another database, of which a cluster has none',
  },
];
