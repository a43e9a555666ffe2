import { link } from '../../link.js';
import { say } from '../../page-part.js';
import { isBusy, rest, work } from '../../send-form.js';
import { askCaller, ensureSession } from '../../session.js';
import { choosePictures } from './choose.js';
import { createFaults } from './faults.js';
import { followPictures } from './follow.js';
import { createKeeper, readKept } from './keep.js';
import { later } from './later.js';
import { closeCard, createList, openCard } from './list.js';
import { createQueue, putBack } from './queue.js';
import { canMake } from './row.js';
import { randomKey } from './send.js';
import { saveAll, showButton, showHold, showSummary } from './summary.js';
import { countPictures, createTeller } from './tell.js';

const SUMMARY_MS = 150;

/** The pictures of the upload form: a row each in `section`, all made with the settings of the form. */
function openPictures(form, section) {
  form.classList.add('has-script');
  for (const part of form.querySelectorAll('[data-script]')) part.hidden = false;
  const button = form.querySelector('[data-send]');
  const tell = createTeller(section.querySelector('[data-notify]'));
  const faults = createFaults(form);
  let keep = () => {};
  // Of many changes at once the last one is told.
  const summarise = later(SUMMARY_MS, () => {
    const counts = countPictures(items);
    showSummary(section, items, { ...counts, settings: JSON.stringify(readSettings(form)) });
    showButton(button, counts);
    tell(counts);
    if (counts.pending > counts.toSend) follower.look();
    openLone(list);
  });
  const list = createList(section.querySelector('[data-list]'), section.querySelector('template'), () => {
    keep();
    summarise();
  });
  const { items, show } = list;
  const queue = createQueue({
    items,
    show,
    showHold: (hold) => {
      for (const item of items) item.hold = hold;
      for (const item of items) if (item.state === 'queued') show(item);
      showHold(section, hold);
    },
    refuse: (problem) => faults.show(problem),
  });
  const follower = followPictures({ items, show, signIn: queue.signIn });
  const make = (chosen) => {
    faults.clear();
    const settings = readSettings(form);
    if (queueAll(chosen, settings, { list, hold: queue.hold() }) === 0) say('job-status', UNCHANGED);
    queue.wake();
  };

  restoreList(form.dataset.caller, list).then((keeper) => {
    keep = keeper;
    takeFormsOwn(form, list);
    follower.check();
  });
  choosePictures(form, { add: list.add, tell: (sentence) => faults.put('file', sentence) });
  addActions(section, { list, queue, make });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (items.length === 0) {
      faults.put('file', 'Choose a picture first.');
      return form.elements.file.focus();
    }
    if (isBusy(button)) return;
    work(button);
    if (await ensureSession()) {
      await follower.refresh();
      const ready = items.filter(({ state }) => state === 'ready');
      make(ready.length > 0 ? ready : items.filter(canMake));
    }
    rest(button);
    section.querySelector('[data-picture]')?.scrollIntoView({ block: 'nearest' });
  });
  form.addEventListener('input', summarise);
  // As the browser had it, it may be another person's by now; a file that was not sent would be lost.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && !items.some(({ file, upload, job }) => file && !upload && !job)) location.reload();
  });
  // Only where a picture would be lost: jobs go on by themselves.
  addEventListener('beforeunload', (event) => {
    if (countPictures(items).toSend > 0 && section.dataset.isSaving === undefined) event.preventDefault();
  });
}

/** Shows the list that this tab had; returns what keeps it from now on. */
async function restoreList(caller, { items, place }) {
  const kept = readKept(caller);
  const asking = kept.length > 0 ? await askCaller() : null;
  // Back may show the page of whoever was signed in before.
  if (asking !== null && asking !== caller) location.reload();
  else for (const item of kept) place(item);
  return createKeeper(caller, items);
}

const UNCHANGED = 'Nothing to do: all are made with these settings already.';

/** Queues the pictures to be made with these settings; returns how many there were that are not made with them already. */
function queueAll(chosen, settings, { list, hold }) {
  const made = JSON.stringify(settings);
  const meant = chosen.filter((item) => item.state !== 'completed' || item.made !== made);
  for (const item of meant) {
    closeCard(list.rowOf(item), item);
    const anew = { state: 'queued', job: null, result: null, error: null, sentence: '', faults: 0, shownAlone: false };
    Object.assign(item, anew, { fields: settings, made, makeKey: randomKey(), hold, before: earlierOf(item) });
    list.show(item);
  }
  return meant.length;
}

/** How a picture stands that has a result; null for another. */
const earlierOf = ({ state, job, result, made, error, sentence }) =>
  state === 'completed' ? { state, job, result, made, error, sentence } : null;

/** What the buttons of the rows do, and those for all of them. */
function addActions(section, { list, queue, make }) {
  const { items } = list;
  const ofOne = {
    remove: list.remove,
    cancel: (item) => cancel(item, list),
    again: (item) => make([item]),
    card: (item) => (item.opened ? closeCard : openCard)(list.rowOf(item), item),
  };
  const ofAll = {
    again: () => make(items.filter(canMake)),
    retry: () => make(items.filter((item) => item.state !== 'completed' && canMake(item))),
    clear: () => {
      items.filter(({ state }) => !['queued', 'sending'].includes(state)).forEach(list.remove);
      document.getElementById('images-file').focus();
    },
    zip: () => saveAll(section, items),
    'go-on': queue.release,
  };
  section.addEventListener('click', ({ target }) => {
    const { act, all } = target.closest('[data-act], [data-all]')?.dataset ?? {};
    const item = act && list.itemAt(target);
    if (item) ofOne[act](item);
    else ofAll[all]?.();
  });
}

/** Breaks off a picture wherever it stands. */
async function cancel(item, { show }) {
  if (item.abort) return item.abort.abort();
  if (item.job) {
    const answer = await fetch(link(`/v1/jobs/${item.job}/cancel`), { method: 'POST' }).catch(() => null);
    // One that has ended meanwhile is shown so by itself.
    if (answer?.ok || answer?.status === 409) return;
    item.sentence = 'It could not be cancelled: try again.';
  } else putBack(item, { state: 'cancelled' });
  show(item);
}

/** A picture that is alone is shown with its job as soon as it has one. */
function openLone({ items: [item, ...others], rowOf }) {
  if (!item?.job || others.length > 0 || item.shownAlone !== false) return;
  item.shownAlone = true;
  openCard(rowOf(item), item);
}

/** The settings as they are typed: all but the file, and what the form has for browsers without scripts. */
const readSettings = (form) =>
  [...new FormData(form)].filter(([name, text]) => typeof text === 'string' && text !== '' && !OF_THE_FORM.test(name));
const OF_THE_FORM = /^(formToken$|kept\.|remove\.)/;

/** A form that comes with a file, of a job that is made again: that is a picture like the others. */
function takeFormsOwn(form, { items, place, show }) {
  const own = form.querySelector('[data-kept]');
  const input = own.querySelector('input[type="hidden"]');
  own.hidden = true;
  form.elements.file.required = false;
  if (input.disabled) return;
  input.disabled = true;
  const { ownName: name, ownBytes: bytes } = own.dataset;
  const known = items.find(({ job, kept, upload }) => [job, kept, upload].includes(input.value));
  if (!known) return place({ name, bytes: Number(bytes), kept: input.value });
  // A reload is no wish to have it made once more.
  const [{ type = 'navigate' } = {}] = performance.getEntriesByType('navigation');
  if (type === 'navigate') known.state = 'ready';
  return show(known);
}

for (const form of document.querySelectorAll('form[data-pictures]')) {
  openPictures(form, document.querySelector('[data-pictures-list]'));
}
