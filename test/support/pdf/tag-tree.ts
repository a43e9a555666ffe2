import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A tag of a PDF as poppler reads it: its role, what it reads, and its attributes (`Scope`, `ColSpan`). */
export interface TagNode {
  role: string;
  text: string;
  attributes: Record<string, string>;
  kids: TagNode[];
}

/** Reads the tree of tags; the root is a node without a role. */
export async function readTagTree(pdf: string): Promise<TagNode> {
  const { stdout } = await run('pdfinfo', ['-struct-text', pdf], { maxBuffer: 1e9 });
  const root: TagNode = { role: '', text: '', attributes: {}, kids: [] };
  const open: { indent: number; node: TagNode }[] = [{ indent: -1, node: root }];
  for (const line of stdout.split('\n')) {
    const indent = line.search(/\S/);
    if (indent < 0) continue;
    const text = /^\s*"(.*)"$/s.exec(line)?.[1];
    const [, name, value] = /^\s*\/(\w+) \/?(.*)$/.exec(line) ?? [];
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    const parent = open.at(-1)?.node ?? root;
    if (text !== undefined) parent.text += text;
    else if (name !== undefined) parent.attributes[name] = value ?? '';
    else {
      const node: TagNode = { role: /\w+/.exec(line)?.[0] ?? '', text: '', attributes: {}, kids: [] };
      parent.kids.push(node);
      open.push({ indent, node });
    }
  }
  return root;
}

/** All that a tag and those inside it read. */
export const textOf = ({ text, kids }: TagNode): string => [text, ...kids.map(textOf)].join('');

/** The tags of a role, in the order they are read. */
export const findTags = (node: TagNode, role: string): TagNode[] =>
  node.kids.flatMap((kid) => [...(kid.role === role ? [kid] : []), ...findTags(kid, role)]);

/** The cells of a table, row by row. */
export const gridOf = (table: TagNode): TagNode[][] => findTags(table, 'TR').map(({ kids }) => kids);
