import { later } from './later.js';

const KEY = 'heavylift:pictures';
const LATER_MS = 400;

/** Members of a picture that outlive the page: all but its file. */
const KEPT = ['name', 'bytes', 'upload', 'isNamed', 'kept', 'job', 'made', 'state', 'sentence', 'error', 'result'];

/**
 * Keeps the list of pictures while the tab is open, for a reload and for Back; `caller` is whose list it is. Returns what
 * is called when it has changed.
 */
export function createKeeper(caller, items) {
  const save = () => {
    const kept = items
      .map((item) => ({ ...item, ...item.before }))
      .map((item) => Object.fromEntries(KEPT.map((name) => [name, item[name]])));
    try {
      if (kept.length === 0) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, JSON.stringify({ caller, items: kept }));
    } catch {
      // Thousands of pictures may be more than a browser keeps: Jobs has them.
    }
  };
  // What came last counts, also where the page is left at once.
  addEventListener('pagehide', save);
  return later(LATER_MS, save);
}

/** Reads the list that this tab had; empty where it was another person's. */
export function readKept(caller) {
  const kept = JSON.parse(sessionStorage.getItem(KEY));
  return kept?.caller === caller ? kept.items.map(restore) : [];
}

/** A picture whose file was not sent is gone with its page: it stays on the list, so that nobody misses it. */
function restore(item) {
  if (item.job) return item;
  if (item.upload ?? item.kept) {
    return { ...item, state: ['failed', 'cancelled'].includes(item.state) ? item.state : 'ready', sentence: '' };
  }
  return { ...item, state: 'lost', sentence: 'It was not sent: choose it again.' };
}
