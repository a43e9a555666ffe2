import { readDocument, sectionOf } from '../../fast/docs/documents.ts';

/** What the docs say of the user that Heavylift needs. */
export const rightsSection = (): string =>
  sectionOf(readDocument('docs/redis.md'), '## A user without rights to spare');

/** That user with the password `secret`, as a line of a file of users: all rights that the docs give, and no more. */
export function documentedUser(): string {
  const line = /^```\n(user heavylift [\s\S]*?)\n```$/m.exec(rightsSection())?.[1] ?? '';
  return line.replaceAll('\n', ' ').replace('PASSWORD', 'secret');
}

/** The rights more that it needs in a cluster, and those that one of sentinels needs. */
export function moreRights(): { cluster: string; sentinel: string } {
  const [, cluster = '', sentinel = '', channel = ''] =
    /In a cluster add `([^`]+)`; users of sentinels need\s+`([^`]+)` and `([^`]+)` there/.exec(rightsSection()) ?? [];
  return { cluster, sentinel: `${sentinel} ${channel}` };
}
