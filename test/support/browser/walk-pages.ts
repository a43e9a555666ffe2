/** An address as it stands in a page. */
export interface PageAddress {
  /** `a href`, `form action`. */
  place: string;
  url: URL;
}

/** What a walk found. */
export interface Walk {
  /** Pages, assets and files that were asked for, with their status. */
  visited: Map<string, number>;
  /** The addresses that forms post to. */
  actions: Set<string>;
  /** Addresses that are not below the walk's root, with the page that has them; links of the docs to other sites are none. */
  outside: string[];
}

const TAGS = /<([a-z]+)((?:\s+[^\s"'<>/=]+(?:="[^"]*")?)*)\s*\/?>/g;
const ADDRESSES = /\s(href|src|action|formaction|poster)="([^"]*)"/g;

/** Every address in a page, resolved as a browser would; those within the page itself are left out. */
export function addressesIn(html: string, page: string): PageAddress[] {
  const [, base = ''] = /<base href="([^"]*)"/.exec(html) ?? [];
  return [...html.matchAll(TAGS)].flatMap(([, tag = '', attributes = '']) =>
    [...attributes.matchAll(ADDRESSES)].flatMap(([, name = '', text = '']) => {
      const value = text.replaceAll('&amp;', '&');
      if (value.startsWith('#') || value.startsWith('data:')) return [];
      return [{ place: `${tag} ${name}`, url: new URL(value, new URL(base, page)) }];
    }),
  );
}

/** Whether an address is `root` or below it. */
export const isBelow = (root: string, { href }: URL): boolean => href === root || href.startsWith(`${root}/`);

/** Follows every link and asset from the pages given, and looks at where each form posts to. */
export async function walkPages(
  root: string,
  starts: readonly string[],
  headers: Record<string, string>,
): Promise<Walk> {
  const walk: Walk = { visited: new Map(), actions: new Set(), outside: [] };
  const waiting = starts.map((path) => `${root}${path}`);
  for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
    if (walk.visited.has(url)) continue;
    const answer = await fetch(url, { headers: { Accept: 'text/html,*/*;q=0.8', ...headers }, redirect: 'manual' });
    walk.visited.set(url, answer.status);
    const location = answer.headers.get('location');
    const isPage = answer.headers.get('content-type')?.startsWith('text/html');
    const body = await answer.text();
    const found = [
      ...(location === null ? [] : [{ place: 'Location', url: new URL(location, url) }]),
      ...(isPage ? addressesIn(body, url) : []),
    ];
    for (const { place, url: address } of found) {
      if (place === 'a href' && address.protocol === 'https:' && address.host !== new URL(root).host) continue;
      if (!isBelow(root, address)) walk.outside.push(`${place} ${address.href} in ${url}`);
      else if (place === 'form action') walk.actions.add(address.href);
      else waiting.push(address.href.split('#')[0] as string);
    }
  }
  return walk;
}
