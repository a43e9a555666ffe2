import { ensureSession } from '../../session.js';
import { NotTaken, sendPicture } from './send.js';

const AT_ONCE = 3;
const MOST_SECONDS = 30;
const OFFLINE = 'There is no connection. Goes on by itself when it is back.';
/** What is said of a picture whose sending waits. */
const WAITS = {
  offline: OFFLINE,
  later: 'The server can not take it at the moment. Goes on by itself.',
  retrying: 'The server could not be reached. Goes on by itself.',
};
const STILL = 'The server does not answer at the moment. Goes on as soon as it does.';
const STILL_MS = 8000;
const NO_ROOM = 'The server has no room for it at the moment. Goes on by itself.';
/** The codes of problems that others, or what is kept already, have to make room for. */
const OF_ROOM = ['quota_exceeded', 'storage_full', 'queue_full'];
/** A server that fails as often over one picture has a fault with it. */
const MOST_FAULTS = 5;

/**
 * Sends the pictures that are queued, three at a time. Where the server, the connection or the session is away all of them
 * wait, and go on by themselves: `show(item)` draws one anew, `showHold(hold)` says why they wait (null: they do not),
 * `refuse(problem)` says what is wrong with the settings.
 */
export function createQueue({ items, show, showHold, refuse }) {
  let running = 0;
  let failures = 0;
  let hold = null;

  const release = () => {
    if (!hold) return;
    clearTimeout(hold.timer);
    hold = null;
    showHold(null);
    wake();
  };
  /** Without `seconds` the pictures wait until somebody says that they go on. */
  const holdFor = (seconds, sentence) => {
    if (hold && seconds !== null) return;
    clearTimeout(hold?.timer);
    const goesOn = ` Goes on by itself${seconds > 5 ? ` in ${seconds} seconds` : ''}.`;
    hold = {
      sentence: seconds === null || sentence === OFFLINE ? sentence : sentence + goesOn,
      byHand: seconds === null,
    };
    if (seconds !== null) hold.timer = setTimeout(release, seconds * 1000);
    showHold(hold);
  };
  addEventListener('online', () => hold?.byHand || release());
  addEventListener('offline', () => {
    if (items.some(({ state }) => state === 'queued' || state === 'sending')) holdFor(MOST_SECONDS, OFFLINE);
  });

  /** Asks to sign in; whoever does not finds a button to go on. */
  let asking = null;
  const signIn = () => {
    if (!hold?.byHand) asking ??= askToSignIn();
    return asking;
  };
  const askToSignIn = async () => {
    holdFor(null, 'You are not signed in any more.');
    const isSignedIn = await ensureSession();
    asking = null;
    if (isSignedIn) release();
  };

  async function run(item) {
    running += 1;
    item.abort = new AbortController();
    item.state = 'sending';
    item.sent = 0;
    const waitsFor = (sentence) => {
      item.waits = sentence;
      show(item);
    };
    const still = alarm(STILL_MS, () => item.waits ?? waitsFor(STILL));
    still.begin();
    waitsFor(null);
    try {
      const onSent = (part) => {
        still.begin();
        item.sent = part;
        waitsFor(null);
      };
      const onWait = (reason, code) => {
        still.begin();
        waitsFor(OF_ROOM.includes(code) ? NO_ROOM : reason && WAITS[reason]);
      };
      const job = await sendPicture(item, { signal: item.abort.signal, onSent, onWait });
      Object.assign(item, { job: job.id, state: job.state, sentence: '', faults: 0, before: null });
      failures = 0;
    } catch (error) {
      settle(item, error);
    }
    still.end();
    running -= 1;
    item.abort = null;
    item.waits = null;
    show(item);
    wake();
  }

  function settle(item, error) {
    if (!(error instanceof NotTaken)) {
      putBack(item, { state: 'cancelled', sentence: error.name === 'AbortError' ? '' : String(error.message) });
      return;
    }
    const { problem, status } = error;
    item.state = 'queued';
    if (status === 401) signIn();
    else if (isOfSettings(problem, item)) stop(problem);
    else if (isGone(problem, item)) item.upload = null;
    else if (error.isPassing && !(status === 500 && ++item.faults >= MOST_FAULTS)) {
      if (!hold) failures += 1;
      holdFor(
        Number(error.retryAfter) || Math.min(2 ** (failures - 1), MOST_SECONDS),
        navigator.onLine ? passingSentence(error) : OFFLINE,
      );
    } else Object.assign(item, { state: 'failed', error: problem, sentence: error.message });
  }

  /** What is wrong with the settings is wrong for all: none is sent, and each is ready as it was. */
  function stop(problem) {
    for (const other of items.filter(({ state }) => state === 'queued')) {
      putBack(other, { state: 'ready' });
      show(other);
    }
    refuse(problem);
  }

  function wake() {
    while (running < AT_ONCE && !hold) {
      const next = items.find(({ state }) => state === 'queued');
      if (!next) return;
      run(next);
    }
  }

  return { wake, release, signIn, hold: () => hold };
}

/** Calls `act` when it was last begun so long ago. */
function alarm(ms, act) {
  let timer;
  const end = () => clearTimeout(timer);
  return {
    begin() {
      end();
      timer = setTimeout(act, ms);
    },
    end,
  };
}

/** Has a picture that is not made again stand as before; one that was not made yet as is said. */
export function putBack(item, otherwise) {
  Object.assign(item, item.before ?? otherwise, { before: null });
}

/** What is said while all wait for something that passes: nobody has to try again by hand. */
const passingSentence = ({ problem, message }) =>
  ['queue_unavailable', 'outcome_unknown'].includes(problem?.code)
    ? 'The server can not take pictures at the moment.'
    : message;

/** Whether a problem is about a field that was typed, and no picture can change that. */
const isOfSettings = (problem, { fields }) =>
  (problem?.errors ?? []).some(({ pointer }) => fields.some(([name]) => pointer.split('/')[1] === name));

/** Whether the upload is not kept any more, and the file is still here to be sent again. */
function isGone(problem, item) {
  const isAboutIt = (problem?.errors ?? []).some(({ pointer }) => pointer === '/source/upload');
  return problem?.status === 400 && isAboutIt && item.upload !== null && item.file !== null;
}
