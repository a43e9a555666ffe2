import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Objects of a PDF by their number, as qpdf writes them: plain text, streams unpacked. */
async function readObjects(pdf: string): Promise<Map<number, string>> {
  const plain = `${pdf}.plain`;
  await run('qpdf', ['--qdf', '--object-streams=disable', '--no-original-object-ids', pdf, plain]);
  const text = await readFile(plain, 'latin1');
  await rm(plain);
  return new Map(
    Array.from(text.matchAll(/^(\d+) 0 obj\n([\s\S]*?)^endobj$/gm), ([, id, body = '']) => [Number(id), body]),
  );
}

const streamOf = (body: string): string => /stream\n([\s\S]*)endstream/.exec(body)?.[1] ?? '';
const numberOf = (body: string, key: string): number | undefined => {
  const found = new RegExp(`/${key} (\\d+)`).exec(body)?.[1];
  return found === undefined ? undefined : Number(found);
};

const DRAWS = /^(?:Tj|TJ|'|"|f|F|f\*|S|s|B|B\*|b|b\*|Do|sh)$/;

/** What is wrong with the marks of one page's content: drawing outside of them, marks within marks, none that ends. */
function faultsOfContent(content: string): { faults: string[]; ids: number[] } {
  const faults: string[] = [];
  const ids: number[] = [];
  const open: string[] = [];
  const operators = content.replace(/\((?:\\.|[^\\)])*\)|<[0-9a-fA-F]*>/g, '()');
  const tokens = operators.matchAll(/\/(\w+)\s+(<<[^>]*>>|\/\w+)\s*BDC|\/(\w+)\s+BMC|\bEMC\b|[^\s[\]/<>()]+/g);
  for (const [token, tagged, properties = '', plain] of tokens) {
    if (token.endsWith('BDC') || token.endsWith('BMC')) {
      const id = /MCID (\d+)/.exec(properties)?.[1];
      if (id !== undefined) ids.push(Number(id));
      if (id !== undefined && open.length > 0) faults.push(`${tagged} begins within ${open.join(' ')}`);
      if (id === undefined && tagged !== 'Span' && plain !== 'Artifact')
        faults.push(`${token} is neither tagged nor an artifact`);
      open.push(tagged ?? plain ?? '');
    } else if (token === 'EMC') {
      if (open.pop() === undefined) faults.push('EMC ends nothing');
    } else if (DRAWS.test(token) && open.length === 0) faults.push(`${token} draws outside of any mark`);
  }
  if (open.length > 0) faults.push(`${open.join(' ')} does not end`);
  return { faults, ids };
}

/** What lies within what, by the standard, for the tags that reports have. */
const PARENTS: Record<string, string[]> = {
  TR: ['Table'],
  TH: ['TR'],
  TD: ['TR'],
  LI: ['L'],
  Lbl: ['LI'],
  LBody: ['LI'],
  TOCI: ['TOC'],
  Reference: ['TOCI'],
  Caption: ['Table', 'TOC'],
};

interface StructElement {
  id: number;
  role: string;
  parent: number;
}

function faultsOfTree(elements: Map<number, StructElement>, bodies: Map<number, string>): string[] {
  const faults: string[] = [];
  let level = 0;
  for (const { id, role, parent } of elements.values()) {
    const above = elements.get(parent)?.role ?? '';
    const allowed = PARENTS[role];
    if (allowed && !allowed.includes(above)) faults.push(`${role} stands in ${above}`);
    if (role === 'Figure' && !/\/Alt [(<]/.test(bodies.get(id) ?? '')) faults.push('a Figure without Alt');
    if (role === 'TH' && !(bodies.get(id) ?? '').includes('/Scope')) faults.push('a TH without Scope');
    const heading = /^H(\d)$/.exec(role)?.[1];
    if (!heading) continue;
    if (Number(heading) > level + 1) faults.push(`H${heading} follows H${level}`);
    level = Number(heading);
  }
  return faults;
}

/** Annotations need a description, must be printed, and have a place in the tree. */
function faultsOfAnnotations(bodies: string[]): string[] {
  return bodies.flatMap((body) => {
    const faults: string[] = [];
    if (!/\/Contents [(<](?![)>])/.test(body)) faults.push('a link without Contents');
    if (numberOf(body, 'F') !== 4) faults.push('a link that is not printed');
    if (numberOf(body, 'StructParent') === undefined) faults.push('a link outside of the structure');
    return faults;
  });
}

/** What of the machine-checkable ground rules of PDF/UA-1 a file breaks, as sentences; none is as it should be. */
export async function findTagFaults(pdf: string): Promise<string[]> {
  const objects = await readObjects(pdf);
  const bodies = [...objects.values()];
  const faults: string[] = [];
  const all = bodies.join('\n');
  for (const [what, pattern] of [
    ['MarkInfo', /\/Marked true/],
    ['DisplayDocTitle', /\/DisplayDocTitle true/],
    ['Lang', /\/Lang \(/],
    ['title in the metadata', /<dc:title>/],
  ] as const) {
    if (!pattern.test(all)) faults.push(`no ${what}`);
  }
  for (const body of bodies.filter((one) => /\/Type \/Page\n/.test(one))) {
    const content = streamOf(objects.get(numberOf(body, 'Contents') ?? -1) ?? '');
    const found = faultsOfContent(content);
    faults.push(...found.faults);
    const isCounted = found.ids.every((id, index) => id === index);
    if (!isCounted) faults.push(`a page whose marks are numbered ${found.ids.join(' ')}`);
    if (found.ids.length > 0 && numberOf(body, 'StructParents') === undefined)
      faults.push('a page without StructParents');
    if (body.includes('/Annots') && !body.includes('/Tabs /S')) faults.push('a page with links without Tabs');
  }
  const elements = new Map<number, StructElement>();
  const children = new Map<number, number[]>();
  for (const [id, body] of objects) {
    if (!body.includes('/Type /StructElem')) continue;
    const role = /\/S \/(\w+)/.exec(body)?.[1] ?? '';
    elements.set(id, { id, role, parent: numberOf(body, 'P') ?? -1 });
    const kids = /\/K (?:\[([\s\S]*?)\n {2}\]|(\d+ 0 R))/.exec(body);
    children.set(
      id,
      Array.from((kids?.[1] ?? kids?.[2] ?? '').matchAll(/^\s*(\d+) 0 R$/gm), ([, kid]) => Number(kid)),
    );
  }
  const ordered = new Map<number, StructElement>();
  const visit = (id: number): void => {
    const element = elements.get(id);
    if (!element || ordered.has(id)) return;
    ordered.set(id, element);
    for (const kid of children.get(id) ?? []) visit(kid);
  };
  const top = [...elements.values()].find(({ role }) => role === 'Document');
  if (top) visit(top.id);
  if (ordered.size !== elements.size) faults.push(`${elements.size - ordered.size} tags are not in the tree`);
  faults.push(...faultsOfTree(ordered, objects));
  faults.push(...faultsOfAnnotations(bodies.filter((body) => body.includes('/Subtype /Link'))));
  return [...new Set(faults)];
}
