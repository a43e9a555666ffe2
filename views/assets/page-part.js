import { localizeTimes } from './times.js';

/** Gets a page and returns the element of that selector in it, ready to be shown; null when the page has none. */
export async function fetchPart(url, selector) {
  const response = await fetch(url, { headers: { Accept: 'text/html', 'X-Part': '1' }, cache: 'no-store' });
  return findPart(await response.text(), selector);
}

/** The element of that selector in a page's text, ready to be shown; null when there is none. */
export function findPart(html, selector) {
  const part = new DOMParser().parseFromString(html, 'text/html').querySelector(selector);
  if (!part) return null;
  localizeTimes(part);
  return document.adoptNode(part);
}

/** Puts `next` in the place of `old`; focus and open folds stay as they were where they are there again. */
export function replacePart(old, next) {
  const folds = next.querySelectorAll('details');
  for (const [index, { open }] of [...old.querySelectorAll('details')].entries())
    if (open && folds[index]) folds[index].open = true;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  old.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus();
}

/** Resolves after that many seconds, and not before the page is looked at. */
export async function pause(seconds) {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}

/** Has screen readers say a sentence, once. */
export function say(id, sentence) {
  const place = document.getElementById(id);
  if (place && place.textContent !== sentence) place.textContent = sentence;
}
