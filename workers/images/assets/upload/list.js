import { link } from '../../link.js';
import { fetchPart, say } from '../../page-part.js';
import { watchJob } from '../../watch-job.js';
import { createPreviews } from './previews.js';
import { createRow, showRow } from './row.js';
import { randomKey } from './send.js';

/** So many rows are made before the browser gets its turn. */
const ROWS_AT_ONCE = 40;
const MOST_NAME_CHARACTERS = 200;

/** The pictures, and the row of each in `list`; `changed` is called whenever one of them has changed. */
export function createList(list, template, changed) {
  const items = [];
  const rows = new Map();
  const previews = createPreviews();

  const show = (item) => {
    if (!rows.has(item)) return;
    showRow(rows.get(item), item);
    changed();
  };

  /** Puts a picture at the end of the list; what is not given is as it is of one that was just chosen. */
  const place = (given) => {
    const item = { ...CHOSEN, key: randomKey(), ...given };
    const row = createRow(template, item);
    rows.set(item, row);
    items.push(item);
    list.append(row);
    if (item.file) previews.watch(row.querySelector('canvas'), item.file);
    show(item);
    return item;
  };

  /** Takes a picture off the list; its job, if it has one, stays. */
  const remove = (item) => {
    const row = rows.get(item);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const hadFocus = row.contains(document.activeElement);
    previews.forget(row.querySelector('canvas'));
    row.remove();
    rows.delete(item);
    items.splice(items.indexOf(item), 1);
    if (hadFocus) (next?.querySelector('button:not([hidden])') ?? document.getElementById('images-file')).focus();
    // What no job names is of no use to anybody.
    if (item.upload && !item.isNamed) fetch(link(`/v1/uploads/${item.upload}`), { method: 'DELETE' }).catch(() => {});
    changed();
  };

  /** Adds chosen files; one that was lost with its page takes its place again. */
  const add = async (files) => {
    for (const [index, file] of files.entries()) {
      if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve));
      const lost = items.find((item) => item.state === 'lost' && item.name === file.name && item.bytes === file.size);
      if (lost) remove(lost);
      place({ name: tellApart(file.name, items), bytes: file.size, file });
    }
  };

  return {
    items,
    show,
    place,
    remove,
    add,
    rowOf: (item) => rows.get(item),
    itemAt: (target) => items.find((item) => rows.get(item) === target.closest('[data-picture]')),
  };
}

/** A picture as it is when it was chosen. */
const CHOSEN = {
  file: null,
  /** The upload that its file was sent as, or the job that it came with. */
  upload: null,
  /** Whether a job may have been made of that upload: it is that job's then. */
  isNamed: false,
  kept: null,
  job: null,
  /** How it stood before it was to be made again: it stands so until the new job is there. */
  before: null,
  /** The settings that it was made with, as text, and as they are posted. */
  made: null,
  fields: [],
  state: 'ready',
  sentence: '',
  error: null,
  result: null,
  /** Parts of 1 that are sent, and percent of the job. */
  sent: 0,
  percent: 0,
  /** Why none is sent at the moment. */
  hold: null,
  /** Why its own sending waits. */
  waits: null,
  /** Breaks off its sending. */
  abort: null,
  /** The job whose card is shown. */
  opened: null,
};

/** Two pictures of the same name are told apart, here and wherever they are saved. */
function tellApart(name, items) {
  const [, stem = name, ending = ''] = /^(.+?)(\.[^.]{1,5})?$/s.exec(name) ?? [];
  const short = stem.slice(0, MOST_NAME_CHARACTERS - ending.length);
  const taken = new Set(items.map((item) => item.name));
  let told = short + ending;
  for (let number = 2; taken.has(told); number += 1) told = `${short} (${number})${ending}`;
  return told;
}

/** Shows the card of a picture's job in its row, and follows it. */
export async function openCard(row, item) {
  const { job } = item;
  item.opened = job;
  const card = await fetchPart(link(`/jobs/${job}`), `[data-job="${job}"]`).catch(() => null);
  if (item.opened !== job) return;
  if (!card) {
    item.opened = null;
    say('job-status', 'The details can not be shown at the moment. Try again.');
    return;
  }
  putCard(row, card);
  watchJob(card);
}

/** Takes the card of a picture's job away. */
export function closeCard(row, item) {
  item.opened = null;
  putCard(row, null);
}

function putCard(row, card) {
  const place = row.querySelector('[data-card]');
  place.replaceChildren(...(card ? [card] : []));
  place.hidden = !card;
  row.querySelector('[data-card-button]').setAttribute('aria-expanded', String(card !== null));
}
