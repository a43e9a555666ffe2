import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A tag of a PDF as poppler reads it: its role, what it reads, and its attributes (`Scope`, `ColSpan`). */
export interface TagNode {
  role: string;
  attributes: Record<string, string>;
  /** The texts and tags inside it, in the order they are read. */
  parts: (string | TagNode)[];
}

/** Reads the tree of tags; the root is a node without a role. */
export async function readTagTree(pdf: string): Promise<TagNode> {
  const { stdout } = await run('pdfinfo', ['-struct-text', pdf], { maxBuffer: 1e9 });
  const root: TagNode = { role: '', attributes: {}, parts: [] };
  const open: { indent: number; node: TagNode }[] = [{ indent: -1, node: root }];
  for (const line of stdout.split('\n')) {
    const indent = line.search(/\S/);
    if (indent < 0) continue;
    const text = /^\s*"(.*)"$/s.exec(line)?.[1];
    const [, name, value] = /^\s*\/(\w+) \/?(.*)$/.exec(line) ?? [];
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    const parent = open.at(-1)?.node ?? root;
    if (text !== undefined) parent.parts.push(text);
    else if (name !== undefined) parent.attributes[name] = value ?? '';
    else {
      const node: TagNode = { role: /\w+/.exec(line)?.[0] ?? '', attributes: {}, parts: [] };
      parent.parts.push(node);
      open.push({ indent, node });
    }
  }
  return root;
}

/** All that a tag and those inside it read. */
export const textOf = ({ parts }: TagNode): string =>
  parts.map((part) => (typeof part === 'string' ? part : textOf(part))).join('');

const kidsOf = ({ parts }: TagNode): TagNode[] => parts.filter((part) => typeof part !== 'string');

/** The tags of a role, in the order they are read. */
export const findTags = (node: TagNode, role: string): TagNode[] =>
  kidsOf(node).flatMap((kid) => [...(kid.role === role ? [kid] : []), ...findTags(kid, role)]);

/** The cells of a table, row by row. */
export const gridOf = (table: TagNode): TagNode[][] => findTags(table, 'TR').map(kidsOf);
