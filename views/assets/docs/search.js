import { link } from '../link.js';
import { createFinder } from './find.js';

const MOST = 8;

/** Shows what is found while the reader types; the form itself leads to a page of it. */
export function searchAsTyped(form) {
  const input = form.elements.q;
  const place = form.querySelector('[data-found]');
  const list = place.querySelector('ul');
  const count = place.querySelector('[data-count]');
  let finder;
  const load = () => {
    finder ??= fetchFinder(form.dataset.index).catch(() => {
      finder = undefined; // the form still leads to the page
    });
    return finder;
  };
  const close = () => {
    place.hidden = true;
  };
  const show = async () => {
    const question = input.value;
    const find = await load();
    if (!find || question !== input.value) return;
    if (question.trim() === '') return close();
    const found = find(question, MOST);
    list.replaceChildren(...found.map(entryOf));
    count.textContent = found.length === 0 ? 'Nothing was found.' : `${found.length} found.`;
    count.classList.toggle('unseen', found.length > 0);
    place.hidden = false;
  };
  input.addEventListener('focus', load);
  input.addEventListener('input', show);
  form.addEventListener('keydown', (event) => moveByKeys(event, { input, list, place, close }));
  form.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget && !form.contains(relatedTarget)) close();
  });
  document.addEventListener('click', ({ target }) => {
    if (!form.contains(target)) close();
  });
  list.addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.closest('input, textarea, select, [contenteditable]') !== null;
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

async function fetchFinder(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const entries = await answer.json();
  return createFinder(entries.map(([title, place, path, excerpt, words]) => ({ title, place, path, excerpt, words })));
}

function entryOf({ title, place, path, excerpt }) {
  const entry = document.createElement('li');
  const anchor = document.createElement('a');
  anchor.href = link(path);
  anchor.append(lineOf('strong', title), lineOf('span', place), lineOf('small', excerpt));
  entry.append(anchor);
  return entry;
}

function lineOf(tag, text) {
  const line = document.createElement(tag);
  line.textContent = text;
  return line;
}

function moveByKeys(event, { input, list, place, close }) {
  if (event.key === 'Escape') {
    if (place.hidden) return;
    // The first one ends the list, the next one empties the field as browsers do.
    event.preventDefault();
    close();
    input.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const stops = [input, ...list.querySelectorAll('a')];
  const at = stops.indexOf(document.activeElement);
  const next = stops[at + step];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}
