const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

const withDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
});

/** Shows each `<time>` below `root` in the reader's own zone and language, with its weekday where that counts; one that says how long ago has it as its title. */
export function localizeTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const format = time.dataset.weekday === undefined ? local : withDay;
    const text = format.format(new Date(time.dateTime));
    if (time.dataset.relative === undefined) time.textContent = text;
    else time.title = text;
  }
}
